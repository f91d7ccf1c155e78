import { MalformedRequest } from '@reeve/kernel';
import type { AuditDraft } from '../database/port.ts';
import type { AuditTableRow } from './store/audit-table.ts';
import { listRecords, newestSequence, type AuditFilter, type AuditSource } from './store/records.ts';

export interface AuditRecord extends AuditDraft {
  /** Counts from 1 without gaps. */
  readonly sequence: number;
  readonly atMs: number;
  readonly previousHash: string;
  /** SHA-256 in hex over the record and the hash before it. */
  readonly hash: string;
}

export interface AuditQuery extends AuditFilter {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface AuditPage {
  /** Newest first. May be shorter than the limit, or empty, and yet have a next page. */
  readonly items: readonly AuditRecord[];
  readonly nextCursor?: string;
}

/** Records looked at for one page: a filter that matches little makes a page short, never a query long. */
const recordsPerPage = 20_000;

/** Audit records, newest first. @throws MalformedRequest for a cursor that is none. */
export async function listAudit(db: AuditSource, query: AuditQuery): Promise<AuditPage> {
  const before = query.cursor === undefined ? (await newestSequence(db)) + 1 : parseCursor(query.cursor);
  const from = Math.max(1, before - recordsPerPage);
  const rows = await listRecords(db, from, before, query.limit, query);
  const items = rows.map(recordOf);
  const next = rows.length === query.limit ? rows.at(-1)!.sequence : from;
  return next > 1 ? { items, nextCursor: String(next) } : { items };
}

function parseCursor(cursor: string): number {
  if (/^[1-9]\d{0,15}$/.test(cursor)) return Number(cursor);
  throw MalformedRequest.error('the cursor is not one that a page of audit records gave');
}

/** A record that was tampered with must not keep the others from being listed; `verifyAudit` tells of it. */
function parseDetails(text: string): AuditDraft['details'] {
  try {
    return JSON.parse(text) as AuditDraft['details'];
  } catch {
    return { unreadable: text };
  }
}

function recordOf(row: AuditTableRow): AuditRecord {
  const { sequence, actor, tenant, operation, target, hash } = row;
  return {
    sequence,
    atMs: row.at_ms,
    actor,
    tenant,
    operation,
    outcome: row.outcome as AuditDraft['outcome'],
    target,
    correlationId: row.correlation_id,
    details: parseDetails(row.details),
    previousHash: row.previous_hash,
    hash,
  };
}
