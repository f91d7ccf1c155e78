/** What of the HTTP server can be set; every member has its default in `defaultHttpSettings`. */
export interface HttpSettings {
  /** Largest body of a request, unless its operation says otherwise. */
  readonly bodyLimitBytes: number;
  /** Request line and headers together. */
  readonly headerLimitBytes: number;
  /** From the first byte of a connection or request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first to the last byte of a request; how long its answer takes is another matter. */
  readonly requestTimeoutMs: number;
  /** From an answer being complete to its being taken by the caller. */
  readonly answerTimeoutMs: number;
  /** How long an idle connection is kept for the next request. */
  readonly keepAliveTimeoutMs: number;
  readonly connectionsAtMost: number;
  /** Origins whose pages may call the API; exact, no wildcard. */
  readonly corsOrigins: readonly string[];
  /** Take the caller's address from the last entry of X-Forwarded-For, which the proxy in front has added. */
  readonly trustProxy: boolean;
  /** How long requests under way may take to end once everything else has stopped. */
  readonly drainMs: number;
}

export const defaultHttpSettings: HttpSettings = {
  bodyLimitBytes: 1024 * 1024,
  headerLimitBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  answerTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  connectionsAtMost: 16_000, // ten thousand agents, and room for everybody who asks about them
  corsOrigins: [],
  trustProxy: false,
  drainMs: 10_000,
};
