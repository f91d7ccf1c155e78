import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import type { SignedHead } from '../signed-head.ts';
import type { AuditTableRow } from './audit-table.ts';

interface AnchorRow {
  name: string;
  sequence: number;
  hash: string;
  at_ms: number;
  key_id: string;
  signature: string;
}

const { statement } = statementsFor<{ audit_anchors: AnchorRow; audit_records: AuditTableRow }>();

const store = statement<Omit<AnchorRow, 'name'>>((db, p) =>
  db
    .insertInto('audit_anchors')
    .values({
      name: 'oldest',
      sequence: p.sequence,
      hash: p.hash,
      at_ms: p.at_ms,
      key_id: p.key_id,
      signature: p.signature,
    })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((excluded) => ({
        sequence: excluded.ref('excluded.sequence'),
        hash: excluded.ref('excluded.hash'),
        at_ms: excluded.ref('excluded.at_ms'),
        key_id: excluded.ref('excluded.key_id'),
        signature: excluded.ref('excluded.signature'),
      })),
    ),
);

/** The head that stands for every record up to it. */
export function storeAnchor({ sequence, hash, atMs, keyId, signature }: SignedHead): BoundStatement {
  return store.bind({ sequence, hash, at_ms: atMs, key_id: keyId, signature });
}

const read = statement((db) => db.selectFrom('audit_anchors').selectAll());

export async function readAnchor(database: Pick<Database, 'read'>): Promise<SignedHead | undefined> {
  const [row] = await database.read<AnchorRow>(read.bind({}));
  if (row === undefined) return undefined;
  const { sequence, hash, at_ms: atMs, key_id: keyId, signature } = row;
  return { sequence, hash, atMs, keyId, signature };
}

const remove = statement<{ to: number; limit: number }>((db, p) =>
  db
    .deleteFrom('audit_records')
    .where('sequence', 'in', (of) =>
      of
        .selectFrom('audit_records')
        .select('sequence')
        .where('sequence', '<=', p.to)
        .orderBy('sequence')
        .limit(p.limit),
    ),
);

/** Removes at most `limit` of the oldest records, up to this one. */
export const deleteRecordsTo = (to: number, limit: number): BoundStatement => remove.bind({ to, limit });
