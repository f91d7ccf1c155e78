import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { auditRecordText, genesisHash, type AuditRow } from '../../../audit/record-text.ts';
import { auditFieldCount } from '../wire.ts';
import type { UnitsOutcome } from './run-units.ts';

/** Where the event log and the audit chain end. */
export interface LogEnd {
  readonly position: number;
  readonly sequence: number;
  readonly hash: string;
}

/**
 * Appends a group's events and audit records inside its transaction. Keeps no state of its own: the end of both logs is
 * given and the new end returned, so that a transaction that is undone leaves nothing to correct.
 */
export class LogAppender {
  readonly #segment: StatementSync;
  readonly #record: StatementSync;
  readonly #positionEnd: StatementSync;
  readonly #chainEnd: StatementSync;

  constructor(db: DatabaseSync) {
    this.#segment = db.prepare(
      'INSERT INTO event_segments (last_position, first_position, at_ms, events) VALUES (?, ?, ?, ?)',
    );
    this.#record = db.prepare(
      `INSERT INTO audit_records (sequence, at_ms, actor, tenant, operation, outcome, target, correlation_id, details, previous_hash, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#positionEnd = db.prepare('SELECT MAX(last_position) AS position FROM event_segments');
    this.#chainEnd = db.prepare('SELECT sequence, hash FROM audit_records ORDER BY sequence DESC LIMIT 1');
  }

  /** The ends as they are committed, or as the open transaction sees them. */
  readEnd(): LogEnd {
    const position = (this.#positionEnd.get()?.['position'] ?? 0) as number;
    const chain = this.#chainEnd.get() as { sequence: number; hash: string } | undefined;
    return { position, sequence: chain?.sequence ?? 0, hash: chain?.hash ?? genesisHash };
  }

  append(end: LogEnd, outcome: UnitsOutcome, atMs: number): LogEnd {
    const position = end.position + outcome.eventCount;
    if (outcome.eventCount > 0) this.#segment.run(position, end.position + 1, atMs, `[${outcome.events.join(',')}]`);
    let { sequence, hash: headHash } = end;
    for (let field = 0; field < outcome.audit.length; field += auditFieldCount) {
      sequence += 1;
      headHash = this.#appendRecord(outcome.audit, field, { sequence, atMs, previousHash: headHash });
    }
    return { position, sequence, hash: headHash };
  }

  #appendRecord(
    values: readonly (string | null)[],
    from: number,
    link: Pick<AuditRow, 'sequence' | 'atMs' | 'previousHash'>,
  ): string {
    const [actor, tenant, operation, outcome, target, correlationId, details] = values.slice(from) as [
      string,
      string,
      string,
      string,
      string | null,
      string,
      string,
    ];
    const recordHash = hash(
      'sha256',
      auditRecordText({ ...link, actor, tenant, operation, outcome, target, correlationId, details }),
    );
    this.#record.run(
      link.sequence,
      link.atMs,
      actor,
      tenant,
      operation,
      outcome,
      target,
      correlationId,
      details,
      link.previousHash,
      recordHash,
    );
    return recordHash;
  }
}
