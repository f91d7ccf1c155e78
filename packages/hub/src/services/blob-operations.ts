import { Readable } from 'node:stream';
import { MalformedRequest, NotFound } from '@reeve/kernel';
import { bind, streamRoute, type BoundOperation, type Database, type RawRoute } from '@reeve/platform';
import { Digest } from '../api/blob.ts';
import { fetchBlob, getBlob, listBlobs, putBlob, removeBlob, showBlob } from '../api/blob-operations.ts';
import { LeaseLost } from '../errors.ts';
import { selectBlobPage, selectBlobUse } from '../store/blobs.ts';
import type { BlobsTable } from '../store/tables.ts';
import { blobOf, type Blobs } from './blobs.ts';
import type { TaskBoard } from './task-board.ts';

export interface BlobOperationsParts {
  readonly blobs: Blobs;
  readonly board: TaskBoard;
  readonly database: Database;
}

/** The handlers of `blobs.*` that do not stream. */
export function blobOperations({ blobs, database }: BlobOperationsParts): BoundOperation[] {
  return [
    bind(showBlob, async ({ digest }, { caller }) => blobOf(await blobs.find(caller.tenant, digest))),
    bind(listBlobs, async ({ limit, cursor = '' }, { caller: { tenant } }) => {
      if (cursor !== '' && !Digest.safeParse(cursor).success)
        throw MalformedRequest.error('this is no cursor of blobs.list');
      const rows = await database.read<BlobsTable>(selectBlobPage.bind({ tenant, after: cursor, limit: limit + 1 }));
      const items = rows.slice(0, limit).map(blobOf);
      return rows.length > limit ? { items, nextCursor: items.at(-1)!.digest } : { items };
    }),
    bind(removeBlob, async ({ digest }, call) => {
      const row = await blobs.find(call.caller.tenant, digest);
      const answer = blobOf(row);
      await blobs.remove(row, (statements) => call.commit({ statements }, answer, { target: `blob:${digest}` }));
      return answer;
    }),
  ];
}

/** Those that do. */
export function blobRoutes(parts: BlobOperationsParts): RawRoute[] {
  const { blobs } = parts;
  return [
    streamRoute(putBlob, ({ digest }, { caller, body, announcedBytes, audit }) =>
      blobs.put(caller.tenant, { source: body, digest, announcedBytes }, (blob) =>
        audit({ target: `blob:${blob.digest}`, details: { sizeBytes: blob.sizeBytes } }),
      ),
    ),
    streamRoute(getBlob, async ({ digest }, { caller }) => contentOf(blobs, await blobs.find(caller.tenant, digest))),
    streamRoute(fetchBlob, async (wanted, { caller }) => contentOf(blobs, await leased(parts, wanted, caller.tenant))),
  ];
}

function contentOf(blobs: Blobs, row: BlobsTable) {
  return { sizeBytes: row.size_bytes, bytes: Readable.from(blobs.read(row), { objectMode: false }) };
}

interface Wanted {
  readonly fence: number;
  readonly taskId: string;
  readonly digest: string;
}

/**
 * A content for an agent: only under the newest lease of a task, held by an agent of the caller's tenant, and only what
 * the task refers to. @throws LeaseLost, NotFound
 */
async function leased(parts: BlobOperationsParts, { fence, taskId, digest }: Wanted, tenant: string) {
  const task = parts.board.get(taskId);
  if (task?.lease?.fence !== fence || task.lease.agent.tenant !== tenant)
    throw LeaseLost.error(`no agent of this key holds a lease on task ${taskId} under the fence ${fence}`);
  const use = selectBlobUse.bind({ tenant: task.tenant, digest, task_seq: task.seq });
  const [used] = await parts.database.read(use);
  if (!used) throw NotFound.error(`task ${taskId} does not refer to the blob ${digest}`);
  return parts.blobs.find(task.tenant, digest);
}
