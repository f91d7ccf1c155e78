import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import { placeOf, SealedText } from '../../sealing/sealed-text.ts';
import type { ApprovalRow, OperationTables } from './tables.ts';

const { statement, compile } = statementsFor<OperationTables>();

export type { ApprovalRow } from './tables.ts';

const insert = statement<Omit<ApprovalRow, 'input'> & { input: SealedText }>((db, p) =>
  db.insertInto('approvals').values({
    id: p.id,
    tenant: p.tenant,
    operation: p.operation,
    digest: p.digest,
    open_key: p.open_key,
    state: p.state,
    input: p.input,
    plan: p.plan,
    guards: p.guards,
    requested_by: p.requested_by,
    requested_at_ms: p.requested_at_ms,
    expires_at_ms: p.expires_at_ms,
    decided_by: p.decided_by,
    decided_at_ms: p.decided_at_ms,
    note: p.note,
    used_at_ms: p.used_at_ms,
    used_by: p.used_by,
  }),
);

/** Fails on the unique `open_key` when the same plan already waits. */
export const insertApproval = (row: ApprovalRow): BoundStatement =>
  insert.bind({ ...row, input: new SealedText(row.input, placeOfInput(row.id)) });

const placeOfInput = (id: string): string => placeOf('approvals', 'input', id);

async function readApprovals(database: Database, query: BoundStatement): Promise<ApprovalRow[]> {
  const rows = await database.read<ApprovalRow>(query);
  return rows.map((row) => ({ ...row, input: database.unsealed(row.input, placeOfInput(row.id)) }));
}

const byId = statement<{ id: string }>((db, p) => db.selectFrom('approvals').selectAll().where('id', '=', p.id));

export async function findApproval(database: Database, id: string): Promise<ApprovalRow | undefined> {
  return (await readApprovals(database, byId.bind({ id })))[0];
}

const byOpenKey = statement<{ openKey: string }>((db, p) =>
  db.selectFrom('approvals').selectAll().where('open_key', '=', p.openKey),
);

export async function findOpenApproval(database: Database, openKey: string): Promise<ApprovalRow | undefined> {
  return (await readApprovals(database, byOpenKey.bind({ openKey })))[0];
}

const countOpen = statement<{ tenant: string; nowMs: number; atMost: number }>((db, p) =>
  db
    .selectFrom((of) =>
      of
        .selectFrom('approvals')
        .select('id')
        .where('state', '=', 'pending')
        .where('expires_at_ms', '>', p.nowMs)
        .where('tenant', '=', p.tenant)
        .limit(p.atMost)
        .as('open'),
    )
    .select((of) => of.fn.countAll().as('count')),
);

/** How many requests of a tenant wait for consent; counts no further than `atMost`. */
export async function countWaiting(database: Database, tenant: string, nowMs: number, atMost: number): Promise<number> {
  return (await database.read<{ count: number }>(countOpen.bind({ tenant, nowMs, atMost })))[0]?.count ?? 0;
}

const expire = statement<{ openKey: string; nowMs: number }>((db, p) =>
  db
    .updateTable('approvals')
    .set({ state: 'expired', open_key: null })
    .where('open_key', '=', p.openKey)
    .where('expires_at_ms', '<=', p.nowMs),
);

/** Closes the open approval of a plan if its time is over. */
export const expireOpenApproval = (openKey: string, nowMs: number): BoundStatement => expire.bind({ openKey, nowMs });

const give = statement<{ id: string; by: string; nowMs: number; expiresAtMs: number; note: string | null }>((db, p) =>
  db
    .updateTable('approvals')
    .set({ state: 'given', decided_by: p.by, decided_at_ms: p.nowMs, expires_at_ms: p.expiresAtMs, note: p.note })
    .where('id', '=', p.id)
    .where('state', '=', 'pending')
    .where('expires_at_ms', '>', p.nowMs),
);

export const giveApproval = (values: Parameters<typeof give.bind>[0]): BoundStatement => give.bind(values);

const withdraw = statement<{ id: string; by: string; nowMs: number; note: string | null }>((db, p) =>
  db
    .updateTable('approvals')
    .set({ state: 'withdrawn', open_key: null, decided_by: p.by, decided_at_ms: p.nowMs, note: p.note })
    .where('id', '=', p.id)
    .where('state', 'in', ['pending', 'given'])
    .where('expires_at_ms', '>', p.nowMs),
);

export const withdrawApproval = (values: Parameters<typeof withdraw.bind>[0]): BoundStatement => withdraw.bind(values);

const use = statement<{ id: string; by: string; nowMs: number }>((db, p) =>
  db
    .updateTable('approvals')
    .set({ state: 'used', open_key: null, used_at_ms: p.nowMs, used_by: p.by })
    .where('id', '=', p.id)
    .where('state', '=', 'given')
    .where('expires_at_ms', '>', p.nowMs),
);

/** Uses consent up; changes no row when it was used, withdrawn or has expired in the meantime. */
export const useApproval = (values: Parameters<typeof use.bind>[0]): BoundStatement => use.bind(values);

export interface ApprovalFilter {
  /** All tenants when not given. */
  readonly tenant?: string | undefined;
  readonly state?: string | undefined;
  /** Only those before this id; ids sort by time, so the newest come first. */
  readonly beforeId?: string | undefined;
  readonly limit: number;
  readonly nowMs: number;
}

export async function listApprovalRows(database: Database, filter: ApprovalFilter): Promise<ApprovalRow[]> {
  const { tenant, state, beforeId, nowMs } = filter;
  const query = compile((db) => {
    let rows = db.selectFrom('approvals').selectAll().orderBy('id', 'desc').limit(filter.limit);
    if (tenant !== undefined) rows = rows.where('tenant', '=', tenant);
    if (beforeId !== undefined) rows = rows.where('id', '<', beforeId);
    if (state === undefined) return rows;
    // What is open by its record but past its time counts as expired, whether or not anyone has written that down.
    if (state === 'expired')
      return rows.where((of) =>
        of.or([
          of('state', '=', 'expired'),
          of.and([of('state', 'in', ['pending', 'given']), of('expires_at_ms', '<=', nowMs)]),
        ]),
      );
    rows = rows.where('state', '=', state);
    return state === 'pending' || state === 'given' ? rows.where('expires_at_ms', '>', nowMs) : rows;
  });
  return readApprovals(database, query);
}
