/** What of the road can be set; every member has its default in `defaultRoadSettings`. */
export interface RoadSettings {
  /** Longest time of one operation. */
  readonly operationTimeoutMs: number;
  /** How long the answer to an idempotency key is kept. */
  readonly idempotencyKeptMs: number;
  readonly approvals: ApprovalSettings;
  /** Check answers against their schemas too: for development and tests, for it costs a parse per answer. */
  readonly checkOutputs: boolean;
}

export interface ApprovalSettings {
  /** How long a request waits for consent, and how long consent may be used. */
  readonly expireAfterMs: number;
  /** Whoever asked may not consent. */
  readonly requireOther: boolean;
}

export const defaultRoadSettings: RoadSettings = {
  operationTimeoutMs: 60_000,
  idempotencyKeptMs: 24 * 3_600_000,
  approvals: { expireAfterMs: 24 * 3_600_000, requireOther: false },
  checkOutputs: false,
};
