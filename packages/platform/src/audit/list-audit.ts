import { MalformedRequest } from '@reeve/kernel';
import { statementsFor } from '../database/statement.ts';
import type { AuditDraft, Database } from '../database/port.ts';
import type { AuditSchema, AuditTableRow } from './table.ts';

export interface AuditRecord extends AuditDraft {
  /** Counts from 1 without gaps. */
  readonly sequence: number;
  readonly atMs: number;
  readonly previousHash: string;
  /** SHA-256 in hex over the record and the hash before it. */
  readonly hash: string;
}

export interface AuditQuery {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  readonly tenant?: string | undefined;
  readonly actor?: string | undefined;
  readonly operation?: string | undefined;
  readonly target?: string | undefined;
}

export interface AuditPage {
  /** Newest first. May be shorter than the limit, or empty, and yet have a next page. */
  readonly items: readonly AuditRecord[];
  readonly nextCursor?: string;
}

/** Records looked at for one page: a filter that matches little makes a page short, never a query long. */
const recordsPerPage = 20_000;

const { statement, compile } = statementsFor<AuditSchema>();
const newestSequence = statement((db) =>
  db.selectFrom('audit_records').select((eb) => eb.fn.max('sequence').as('newest')),
);

/** Audit records, newest first. @throws MalformedRequest for a cursor that is none. */
export async function listAudit(db: Pick<Database, 'read'>, query: AuditQuery): Promise<AuditPage> {
  const before = query.cursor === undefined ? await endOfChain(db) : parseCursor(query.cursor);
  const from = Math.max(1, before - recordsPerPage);
  const rows = await db.read<AuditTableRow>(pageStatement(query, from, before));
  const items = rows.map(recordOf);
  const next = rows.length === query.limit ? rows.at(-1)!.sequence : from;
  return next > 1 ? { items, nextCursor: String(next) } : { items };
}

async function endOfChain(db: Pick<Database, 'read'>): Promise<number> {
  const [row] = await db.read<{ newest: number | null }>(newestSequence.bind({}));
  return (row?.newest ?? 0) + 1;
}

function parseCursor(cursor: string): number {
  if (/^[1-9]\d{0,15}$/.test(cursor)) return Number(cursor);
  throw MalformedRequest.error('the cursor is not one that a page of audit records gave');
}

function pageStatement({ limit, tenant, actor, operation, target }: AuditQuery, from: number, before: number) {
  return compile((db) => {
    let page = db.selectFrom('audit_records').selectAll().where('sequence', '>=', from).where('sequence', '<', before);
    if (tenant !== undefined) page = page.where('tenant', '=', tenant);
    if (actor !== undefined) page = page.where('actor', '=', actor);
    if (operation !== undefined) page = page.where('operation', '=', operation);
    if (target !== undefined) page = page.where('target', '=', target);
    return page.orderBy('sequence', 'desc').limit(limit);
  });
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
