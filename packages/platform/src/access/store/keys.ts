import { permits } from '@reeve/kernel';
import { sql } from 'kysely';
import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import type { KeyRecord } from '../key-record.ts';
import type { AccessTables } from './tables.ts';

const { statement, compile } = statementsFor<AccessTables>();

type KeyRow = AccessTables['api_keys'];

/** Whose keys a list of permissions can manage: 0 nobody's, 1 those of its tenant, 2 everyone's. */
export function managesKeys(permissions: readonly string[]): 0 | 1 | 2 {
  if (!permits(permissions, 'keys:write')) return 0;
  return permits(permissions, 'tenants:any') ? 2 : 1;
}

const insert = statement<KeyRow>((db, p) =>
  db.insertInto('api_keys').values({
    id: p.id,
    tenant: p.tenant,
    name: p.name,
    secret_hash: p.secret_hash,
    permissions: p.permissions,
    manages_keys: p.manages_keys,
    created_at_ms: p.created_at_ms,
    created_by: p.created_by,
    expires_at_ms: p.expires_at_ms,
    revoked_at_ms: p.revoked_at_ms,
    last_used_at_ms: p.last_used_at_ms,
  }),
);

export function insertKey(record: KeyRecord): BoundStatement {
  return insert.bind({
    id: record.id,
    tenant: record.tenant,
    name: record.name,
    secret_hash: record.secretHash,
    permissions: JSON.stringify(record.permissions),
    manages_keys: managesKeys(record.permissions),
    created_at_ms: record.createdAtMs,
    created_by: record.createdBy,
    expires_at_ms: record.expiresAtMs,
    revoked_at_ms: record.revokedAtMs,
    last_used_at_ms: record.lastUsedAtMs,
  });
}

const revoke = statement<{ id: string; nowMs: number }>((db, p) =>
  db.updateTable('api_keys').set({ revoked_at_ms: p.nowMs }).where('id', '=', p.id).where('revoked_at_ms', 'is', null),
);

export const revokeKeyRow = (id: string, nowMs: number): BoundStatement => revoke.bind({ id, nowMs });

/**
 * Revokes a key that can manage keys, unless no other usable key could manage those of its tenant afterwards: the guard
 * looked before, this holds also when two such keys are revoked at the same moment.
 */
const revokeManaging = statement<{ id: string; nowMs: number }>((db, p) =>
  db
    .updateTable('api_keys')
    .set({ revoked_at_ms: p.nowMs })
    .where('id', '=', p.id)
    .where('revoked_at_ms', 'is', null)
    .where((of) =>
      of.exists(
        of
          .selectFrom('api_keys as other')
          .select(sql`1`.as('one'))
          .whereRef('other.id', '<>', 'api_keys.id')
          .where('other.revoked_at_ms', 'is', null)
          .where((o) => o.or([o('other.expires_at_ms', 'is', null), o('other.expires_at_ms', '>', p.nowMs)]))
          .where((o) =>
            o.or([
              o('other.manages_keys', '=', 2),
              o.and([o('other.manages_keys', '=', 1), o('other.tenant', '=', o.ref('api_keys.tenant'))]),
            ]),
          ),
      ),
    ),
);

export const revokeManagingKey = (id: string, nowMs: number): BoundStatement => revokeManaging.bind({ id, nowMs });

const used = statement<{ id: string; lastUsedAtMs: number }>((db, p) =>
  db.updateTable('api_keys').set({ last_used_at_ms: p.lastUsedAtMs }).where('id', '=', p.id),
);

export const keyUsed = (id: string, lastUsedAtMs: number): BoundStatement => used.bind({ id, lastUsedAtMs });

export interface KeyFilter {
  /** All tenants when not given. */
  readonly tenant?: string | undefined;
  readonly afterId?: string | undefined;
  /** Also what was revoked or has expired. */
  readonly ended: boolean;
  readonly nowMs: number;
  readonly limit: number;
}

export async function listKeyRecords(database: Database, filter: KeyFilter): Promise<KeyRecord[]> {
  const query = compile((db) => {
    let rows = db.selectFrom('api_keys').selectAll().orderBy('id').limit(filter.limit);
    if (filter.tenant !== undefined) rows = rows.where('tenant', '=', filter.tenant);
    if (filter.afterId !== undefined) rows = rows.where('id', '>', filter.afterId);
    if (filter.ended) return rows;
    return rows
      .where('revoked_at_ms', 'is', null)
      .where((of) => of.or([of('expires_at_ms', 'is', null), of('expires_at_ms', '>', filter.nowMs)]));
  });
  return (await database.read<KeyRow>(query)).map(recordOf);
}

const byId = statement<{ id: string }>((db, p) => db.selectFrom('api_keys').selectAll().where('id', '=', p.id));

export async function findKeyRecord(database: Database, id: string): Promise<KeyRecord | undefined> {
  const [row] = await database.read<KeyRow>(byId.bind({ id }));
  return row && recordOf(row);
}

function recordOf(row: KeyRow): KeyRecord {
  return {
    id: row.id,
    tenant: row.tenant,
    name: row.name,
    secretHash: row.secret_hash,
    permissions: JSON.parse(row.permissions) as string[],
    createdAtMs: row.created_at_ms,
    createdBy: row.created_by,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  };
}
