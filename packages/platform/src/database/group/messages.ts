import type { Row, SqlValue } from '../port.ts';

export type StatementText = readonly [id: number, sql: string];

/**
 * The units of one commit, flattened: structured clone costs per value, and nested objects cost most. A unit of one
 * insert and one event costs 0.5 µs to send and 0.6 µs to receive; as one JSON text 1.7 and 2.5, as one joined string
 * with an array of lengths 0.8 and 0.6.
 * `steps` is, per unit: `statementCount, eventCount, auditCount`, then per statement `id, paramCount, expectRows` (−1 for any).
 */
export interface GroupMessage {
  readonly kind: 'group';
  readonly group: number;
  readonly atMs: number;
  readonly steps: readonly number[];
  readonly params: readonly SqlValue[];
  /** Per text to seal: where in `params` it is, and for which place; in the order of `params`. */
  readonly seals: ReadonlyArray<number | string>;
  /** Per unit with events: its events as JSON texts joined by commas. */
  readonly events: readonly string[];
  /** Seven values per audit record, in the order of `auditFields`. */
  readonly audit: ReadonlyArray<string | null>;
}

export const auditFieldCount = 7;

/** Why one unit of a group was undone while the others went on. */
export type UnitFailure =
  | { readonly kind: 'rows'; readonly index: number; readonly expectedRows: number; readonly rows: number }
  | { readonly kind: 'constraint'; readonly index: number; readonly constraint: string; readonly message: string }
  | { readonly kind: 'broken'; readonly index: number; readonly message: string };

/** In `changes`, per statement of a unit: rows changed; or `rowsMark − n` for n rows returned, which are next in `rows`. */
export const rowsMark = -2;
/** In `changes`, in place of all statements of a unit that was undone; its reason is next in `failures`. */
export const undoneMark = -1;

export interface CommittedMessage {
  readonly kind: 'committed';
  readonly group: number;
  readonly changes: readonly number[];
  readonly rows: readonly (readonly Row[])[];
  readonly failures: readonly UnitFailure[];
  /** Position of the group's first event; the others follow without gaps. */
  readonly firstPosition: number;
  /** Position of the newest event after this group; below `firstPosition` when the group had none. */
  readonly lastPosition: number;
  /** From the start of the transaction to the end of its COMMIT. */
  readonly durationMs: number;
}

export interface FailedMessage {
  readonly kind: 'failed';
  readonly group: number;
  /** False when nothing of the group was kept; true when a crash from here on could still bring it back. */
  readonly uncertain: boolean;
  readonly reason: string;
}

/** The answer to a probe: where the log of events ends, or why nothing can be stored. */
export type ProbedMessage =
  { readonly kind: 'probed'; readonly newestPosition: number } | { readonly kind: 'probed'; readonly reason: string };

export type FromWriter =
  | { readonly kind: 'ready'; readonly newestPosition: number }
  | CommittedMessage
  | FailedMessage
  | ProbedMessage
  /** Nothing can be stored until a probe says otherwise; found between two groups. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'checkpointFailed'; readonly reason: string }
  | { readonly kind: 'closed' };
