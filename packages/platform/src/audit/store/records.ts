import { statementsFor } from '../../database/statement.ts';
import type { Database } from '../../database/port.ts';
import type { AuditSchema, AuditTableRow } from './audit-table.ts';

export type AuditSource = Pick<Database, 'read'>;

/** What a listed record must be; what is left out does not matter. */
export interface AuditFilter {
  readonly tenant?: string | undefined;
  readonly actor?: string | undefined;
  readonly operation?: string | undefined;
  readonly target?: string | undefined;
}

const { statement, compile } = statementsFor<AuditSchema>();

const newest = statement((db) => db.selectFrom('audit_records').select((eb) => eb.fn.max('sequence').as('sequence')));
const recordsAfter = statement<{ after: number; limit: number }>((db, p) =>
  db.selectFrom('audit_records').selectAll().where('sequence', '>', p.after).orderBy('sequence').limit(p.limit),
);
const withHash = statement<{ hash: string }>((db, p) =>
  db.selectFrom('audit_records').select('sequence').where('hash', '=', p.hash).limit(1),
);

/** Number of the last record; 0 for an empty chain. */
export async function newestSequence(db: AuditSource): Promise<number> {
  const [row] = await db.read<{ sequence: number | null }>(newest.bind({}));
  return row?.sequence ?? 0;
}

export function readRecords(db: AuditSource, after: number, limit: number): Promise<AuditTableRow[]> {
  return db.read<AuditTableRow>(recordsAfter.bind({ after, limit }));
}

/** Looks through the whole chain, for there is no index: only for finding out how a broken chain was broken. */
export async function sequenceWithHash(db: AuditSource, hash: string): Promise<number | undefined> {
  const [row] = await db.read<{ sequence: number }>(withHash.bind({ hash }));
  return row?.sequence;
}

/** Records `from` to before `before` that the filter wants, newest first. */
export function listRecords(
  db: AuditSource,
  from: number,
  before: number,
  limit: number,
  { tenant, actor, operation, target }: AuditFilter,
): Promise<AuditTableRow[]> {
  const statement = compile((builder) => {
    let page = builder.selectFrom('audit_records').selectAll();
    page = page.where('sequence', '>=', from).where('sequence', '<', before);
    if (tenant !== undefined) page = page.where('tenant', '=', tenant);
    if (actor !== undefined) page = page.where('actor', '=', actor);
    if (operation !== undefined) page = page.where('operation', '=', operation);
    if (target !== undefined) page = page.where('target', '=', target);
    return page.orderBy('sequence', 'desc').limit(limit);
  });
  return db.read<AuditTableRow>(statement);
}
