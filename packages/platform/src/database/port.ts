import type { JsonValue, Span } from '@reeve/kernel';
import type { SealedText } from '../sealing/sealed-text.ts';

/** A value that both databases can store: text without U+0000, number (integers up to 2^53), bytes, or nothing. */
export type SqlValue = string | number | Uint8Array | null;

/** A value as a statement is given it: a text may be one that is to be stored sealed. */
export type ParameterValue = SqlValue | SealedText;

/** A compiled SQL statement: made once from a Kysely query by `statement(…)`, bound to values many times. */
export interface Statement<Params extends object = Record<string, ParameterValue>> {
  readonly sql: string;
  /** Puts the values of `params` in the order in which the SQL wants them. */
  bind(params: Params): BoundStatement;
  /** The same as a step of a unit that has to change exactly so many rows. */
  bindExpecting(expectRows: number, params: Params): UnitStatement;
}

export interface BoundStatement {
  readonly sql: string;
  readonly params: readonly ParameterValue[];
}

/**
 * One step of a unit of work. With `expectRows` the number of rows it changes (or, with RETURNING, returns) must be exactly
 * that, otherwise the whole unit is undone and rejects with `ExpectationFailed`.
 */
export interface UnitStatement extends BoundStatement {
  readonly expectRows?: number;
}

/** An event to append to the log, in the same commit; its position is given at commit. */
export interface EventDraft {
  readonly type: string;
  readonly tenant: string;
  /** Kind and id of what it is about, such as `task` and its id. */
  readonly subject: string;
  readonly data: JsonValue;
}

export interface EventRecord extends EventDraft {
  /** Strictly growing in commit order, without gaps. */
  readonly position: number;
  readonly atMs: number;
}

/** A record to append to the audit chain, in the same commit. */
export interface AuditDraft {
  readonly actor: string;
  readonly tenant: string;
  readonly operation: string;
  readonly outcome: 'done' | 'refused' | 'failed' | 'rolledBack';
  readonly target: string | null;
  readonly correlationId: string;
  /** Facts worth keeping: error code, digest of the input, approval; never a secret, never a payload. */
  readonly details: { readonly [fact: string]: JsonValue };
}

/**
 * Work that is done as a whole or not at all. Many units share one commit; each has its own savepoint. Statements and
 * events are read once, when the unit is queued: those of a large unit need never exist all at the same time.
 */
export interface Unit {
  readonly statements: Iterable<UnitStatement>;
  readonly events?: Iterable<EventDraft>;
  readonly audit?: readonly AuditDraft[];
  /** Nobody waits for it: it is held back for so long at most, to share the commit of something that is waited for. */
  readonly mayWaitMs?: number | undefined;
  /** What the commit belongs to, where that is traced. */
  readonly span?: Span | undefined;
}

export type Row = Record<string, SqlValue>;

/** What one statement of a unit did: rows changed, and the rows of a RETURNING clause. */
export interface StatementResult {
  readonly changes: number;
  readonly rows: readonly Row[];
}

export type UnitOutcome = readonly StatementResult[] | Error;

/**
 * The record of everything. Safety: `commit` resolves only after the unit is durable (synced to disk); a rejected unit
 * left nothing behind, except one rejected with `StorageUncertain`: the writer died while committing, the disk failed the
 * sync and everything after it, or the database was closed before a server could tell. Units are committed in the order
 * of the calls. Liveness: a unit whose COMMIT a server did not answer waits until the record tells of it (decision 0020);
 * otherwise, while the disk is full, the file locked or the server away, units are rejected with `StorageUnavailable`, and are
 * accepted again as soon as it is not.
 */
export interface Database extends AsyncDisposable {
  /**
   * Queues a unit for the next group commit.
   * @returns one result per statement, in order.
   * @throws ExpectationFailed when a statement missed its `expectRows`, or broke a uniqueness constraint.
   * @throws StorageUnavailable when it could not be made durable; StorageUncertain when it is not known whether it was;
   * Overloaded when too much is queued; ShuttingDown when the database is being closed; StatementFailed and TypeError for
   * statements and values that are wrong.
   */
  commit(unit: Unit): Promise<readonly StatementResult[]>;
  /**
   * Queues units one behind the other, each for itself: one that fails hinders no other.
   * @returns for each, in order, its results or why nothing of it was kept, as `commit` would; when all are answered.
   */
  commitEach(units: readonly Unit[]): Promise<readonly UnitOutcome[]>;
  /** Rows of a bounded query (by key or one page), from what is committed. */
  read<R = Row>(statement: BoundStatement): Promise<R[]>;
  /**
   * The text of a value that was stored as a `SealedText` for this place.
   * @throws EncryptionKeyUnknown, SealBroken
   */
  unsealed(stored: string, place: string): string;
  /** Called with the events of each group, in commit order, after it is durable and before its units resolve. */
  onEvents(listener: (events: readonly EventRecord[]) => void): () => void;
  /** Figures for health and metrics. */
  status(): DatabaseStatus;
}

/** Connections that read: of an embedded database the one of the calling thread, which is never waited for. */
export interface ReaderStatus {
  readonly inUse: number;
  readonly idle: number;
  /** Reads that wait for a connection. */
  readonly waiting: number;
}

export interface DatabaseStatus {
  readonly kind: 'sqlite' | 'postgres';
  readonly writable: boolean;
  /** Why it is not writable, for people. */
  readonly reason?: string;
  readonly queuedUnits: number;
  readonly readers: ReaderStatus;
  /** Group commits that were made durable, and those that failed. */
  readonly commits: number;
  readonly failedCommits: number;
  readonly units: number;
  /** Queries that were asked. */
  readonly reads: number;
  /** How long the last group took, from the start of its transaction to the end of its COMMIT. */
  readonly lastCommitMs: number;
  /** Position of the newest event. */
  readonly newestPosition: number;
}
