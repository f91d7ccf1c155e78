import { hash } from 'node:crypto';
import { auditRecordText, genesisHash } from '../../audit/record-text.ts';
import type { AuditTableRow } from '../../audit/store/audit-table.ts';
import { auditFieldCount } from './messages.ts';

/** Where the event log and the audit chain end. */
export interface LogEnd {
  readonly position: number;
  readonly sequence: number;
  readonly hash: string;
}

export const segmentInsert =
  'INSERT INTO event_segments (last_position, first_position, at_ms, events) VALUES (?, ?, ?, ?)';
export const recordInsert = `INSERT INTO audit_records
  (sequence, at_ms, actor, tenant, operation, outcome, target, correlation_id, details, previous_hash, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
export const positionEndQuery = 'SELECT MAX(last_position) AS position FROM event_segments';
export const chainEndQuery = 'SELECT sequence, hash FROM audit_records ORDER BY sequence DESC LIMIT 1';

/** The end of both logs from the answers to the two queries; 0 and the first hash where nothing was ever written. */
export function logEnd(
  position: number | null | undefined,
  record: Pick<AuditTableRow, 'sequence' | 'hash'> | undefined,
): LogEnd {
  return { position: position ?? 0, sequence: record?.sequence ?? 0, hash: record?.hash ?? genesisHash };
}

/** What the units of a group that succeeded leave to append. */
export interface LogEntries {
  /** JSON texts of events, joined by commas. */
  readonly events: readonly string[];
  readonly eventCount: number;
  /** Seven values per audit record. */
  readonly audit: ReadonlyArray<string | null>;
}

export interface LogAppend {
  /** Values of `segmentInsert`, when there are events. */
  readonly segment: readonly [number, number, number, string] | undefined;
  /** Values of `recordInsert`, one list per record. */
  readonly records: ReadonlyArray<ReadonlyArray<string | number | null>>;
  readonly end: LogEnd;
}

/**
 * Gives events their positions and audit records their place in the chain. Keeps no state: the end of both logs is given
 * and the new end returned, so that a transaction that is undone leaves nothing to correct.
 */
export function planAppend(end: LogEnd, { events, eventCount, audit }: LogEntries, atMs: number): LogAppend {
  const position = end.position + eventCount;
  const segment = eventCount > 0 ? ([position, end.position + 1, atMs, `[${events.join(',')}]`] as const) : undefined;
  const records: ReturnType<typeof chained>[] = [];
  let { sequence, hash: headHash } = end;
  for (let field = 0; field < audit.length; field += auditFieldCount) {
    const record = chained(audit.slice(field, field + auditFieldCount), ++sequence, atMs, headHash);
    headHash = record.at(-1) as string;
    records.push(record);
  }
  return { segment, records, end: { position, sequence, hash: headHash } };
}

type AuditFields = [string, string, string, string, string | null, string, string];

function chained(fields: readonly (string | null)[], sequence: number, atMs: number, previousHash: string) {
  const [actor, tenant, operation, outcome, target, correlationId, details] = fields as AuditFields;
  const row = { sequence, atMs, actor, tenant, operation, outcome, target, correlationId, details, previousHash };
  return [sequence, atMs, ...fields, previousHash, hash('sha256', auditRecordText(row))];
}
