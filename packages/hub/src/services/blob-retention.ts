import type { Clock } from '@reeve/kernel';
import type { Database, SealedFiles } from '@reeve/platform';
import type { HubSettings } from '../components.ts';
import { BlobInUse } from '../errors.ts';
import { selectBlobFiles, selectOldBlobs, touchBlob } from '../store/blobs.ts';
import type { BlobsTable } from '../store/tables.ts';
import type { Blobs } from './blobs.ts';

const pageSize = 100;

export interface BlobRetentionParts {
  readonly blobs: Blobs;
  readonly database: Database;
  readonly files: SealedFiles;
  readonly clock: Clock;
  readonly settings: Pick<HubSettings, 'blobRetentionMs'>;
}

/** Removes what has not been used for long enough; what something live refers to counts as used now. */
export async function removeOldBlobs(parts: BlobRetentionParts, signal: AbortSignal): Promise<number> {
  const { blobs, database, clock, settings } = parts;
  const nowMs = clock.nowMs();
  let removed = 0;
  for (let rows: BlobsTable[] | undefined; rows === undefined || rows.length === pageSize;) {
    rows = await database.read(selectOldBlobs.bind({ before: nowMs - settings.blobRetentionMs, limit: pageSize }));
    for (const row of rows) {
      if (signal.aborted) return removed;
      const { tenant, digest } = row;
      try {
        await blobs.remove(row, (statements) => database.commit({ statements }));
        removed += 1;
      } catch (error) {
        if (!BlobInUse.is(error)) throw error;
        await database.commit({ statements: [touchBlob.bind({ tenant, digest, used_at_ms: nowMs })] });
      }
    }
  }
  return removed;
}

/**
 * Removes files that no row names: a crash left them between the writing of the one and the other. Only at a start, when
 * nothing is being written.
 */
export async function removeLeftOverFiles({ database, files }: Pick<BlobRetentionParts, 'database' | 'files'>) {
  const names = await files.names();
  for (let from = 0; from < names.length; from += pageSize) {
    const page = names.slice(from, from + pageSize);
    const rows = await database.read<{ file: string }>(selectBlobFiles(page));
    const named = new Set(rows.map(({ file }) => file));
    for (const name of page) if (!named.has(name)) await files.remove(name);
  }
}
