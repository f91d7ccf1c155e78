import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  chainEndQuery,
  logEnd,
  planAppend,
  positionEndQuery,
  recordInsert,
  segmentInsert,
  type LogEnd,
  type LogEntries,
} from '../../group/log-end.ts';

/** Appends a group's events and audit records inside its transaction. */
export class LogAppender {
  readonly #segment: StatementSync;
  readonly #record: StatementSync;
  readonly #positionEnd: StatementSync;
  readonly #chainEnd: StatementSync;

  constructor(db: DatabaseSync) {
    this.#segment = db.prepare(segmentInsert);
    this.#record = db.prepare(recordInsert);
    this.#positionEnd = db.prepare(positionEndQuery);
    this.#chainEnd = db.prepare(chainEndQuery);
  }

  /** The ends as they are committed, or as the open transaction sees them. */
  readEnd(): LogEnd {
    const { position } = this.#positionEnd.get() as { position: number | null };
    return logEnd(position, this.#chainEnd.get() as { sequence: number; hash: string } | undefined);
  }

  append(end: LogEnd, entries: LogEntries, atMs: number): LogEnd {
    const { segment, records, end: newEnd } = planAppend(end, entries, atMs);
    if (segment) this.#segment.run(...segment);
    for (const values of records) this.#record.run(...values);
    return newEnd;
  }
}
