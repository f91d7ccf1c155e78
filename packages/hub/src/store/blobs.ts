import type { SealedText } from '@reeve/platform';
import { compile, statement, type BlobsTable } from './tables.ts';

export const insertBlob = statement<Omit<BlobsTable, 'file_key'> & { file_key: SealedText }>((db, p) =>
  db.insertInto('blobs').values({
    tenant: p.tenant,
    digest: p.digest,
    size_bytes: p.size_bytes,
    file: p.file,
    file_key: p.file_key,
    created_at_ms: p.created_at_ms,
    used_at_ms: p.used_at_ms,
  }),
);

export const selectBlob = statement<{ tenant: string; digest: string }>((db, p) =>
  db.selectFrom('blobs').selectAll().where('tenant', '=', p.tenant).where('digest', '=', p.digest),
);

export const selectBlobPage = statement<{ tenant: string; after: string; limit: number }>((db, p) =>
  db
    .selectFrom('blobs')
    .selectAll()
    .where('tenant', '=', p.tenant)
    .where('digest', '>', p.after)
    .orderBy('digest')
    .limit(p.limit),
);

/** Which of some digests are there. */
export function selectKnownBlobs(tenant: string, digests: readonly string[]) {
  return compile((db) =>
    db.selectFrom('blobs').select('digest').where('tenant', '=', tenant).where('digest', 'in', digests),
  );
}

/** Says that something refers to it from now on; no row when it has been removed meanwhile. */
export const touchBlob = statement<{ tenant: string; digest: string; used_at_ms: number }>((db, p) =>
  db
    .updateTable('blobs')
    .set({ used_at_ms: p.used_at_ms })
    .where('tenant', '=', p.tenant)
    .where('digest', '=', p.digest),
);

export const insertBlobUse = statement<{ tenant: string; digest: string; task_seq: number }>((db, p) =>
  db.insertInto('blob_uses').values({ tenant: p.tenant, digest: p.digest, task_seq: p.task_seq }),
);

export const selectBlobUse = statement<{ tenant: string; digest: string; task_seq: number }>((db, p) =>
  db
    .selectFrom('blob_uses')
    .select('task_seq')
    .where('tenant', '=', p.tenant)
    .where('digest', '=', p.digest)
    .where('task_seq', '=', p.task_seq),
);

/** Contents last used before a time, oldest first; some of them may still be referred to. */
export const selectOldBlobs = statement<{ before: number; limit: number }>((db, p) =>
  db.selectFrom('blobs').selectAll().where('used_at_ms', '<', p.before).orderBy('used_at_ms').limit(p.limit),
);

/** Removes a content unless something live refers to it; no row then. */
export const deleteBlob = statement<{ tenant: string; digest: string; file: string }>((db, p) =>
  db
    .deleteFrom('blobs')
    .where('tenant', '=', p.tenant)
    .where('digest', '=', p.digest)
    .where('file', '=', p.file)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('blob_uses')
            .innerJoin('tasks', 'tasks.seq', 'blob_uses.task_seq')
            .select('tasks.seq')
            .where('blob_uses.tenant', '=', p.tenant)
            .where('blob_uses.digest', '=', p.digest)
            .where('tasks.live', '=', 1),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('maps')
            .select('maps.id')
            .where('maps.tenant', '=', p.tenant)
            .where('maps.digest', '=', p.digest)
            .where('maps.live', '=', 1),
        ),
      ),
    ),
);

export const deleteBlobUses = statement<{ tenant: string; digest: string }>((db, p) =>
  db.deleteFrom('blob_uses').where('tenant', '=', p.tenant).where('digest', '=', p.digest),
);

/** Which of some files belong to a blob. */
export function selectBlobFiles(names: readonly string[]) {
  return compile((db) => db.selectFrom('blobs').select('file').where('file', 'in', names));
}
