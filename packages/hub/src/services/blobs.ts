import { NotFound, StorageUnavailable, TooLarge, type Clock } from '@reeve/kernel';
import {
  ExpectationFailed,
  type AuditDraft,
  type Database,
  type SealedFiles,
  type UnitStatement,
} from '@reeve/platform';
import type { Blob } from '../api/blob.ts';
import type { HubSettings } from '../components.ts';
import { BlobInUse, BlobMismatch } from '../errors.ts';
import { deleteBlob, deleteBlobUses, insertBlob, selectBlob, touchBlob } from '../store/blobs.ts';
import { sealedFileKey, storedFile } from '../store/payloads.ts';
import type { BlobsTable } from '../store/tables.ts';

export interface BlobsParts {
  readonly database: Database;
  readonly files: SealedFiles;
  readonly clock: Clock;
  readonly settings: Pick<HubSettings, 'blobLimitBytes' | 'blobRetentionMs'>;
}

export interface Upload {
  readonly source: AsyncIterable<Uint8Array>;
  /** What the content must have. */
  readonly digest: string | undefined;
  readonly announcedBytes: number | undefined;
}

/**
 * Contents by their digest, each tenant's own. The file is on the disk before its row is written, and the row is gone
 * before its file is removed: so a row always has its file, whatever is killed in between.
 */
export class Blobs {
  readonly #parts: BlobsParts;

  constructor(parts: BlobsParts) {
    this.#parts = parts;
  }

  /**
   * Takes a content in, with an audit record unless it is part of another act; the same content again becomes the blob that is there.
   * @throws TooLarge, BlobMismatch, StorageUnavailable. A file whose row may not have been kept stays until the next start.
   */
  async put(tenant: string, upload: Upload, audit?: (blob: Blob) => AuditDraft): Promise<Blob> {
    const { files, clock, settings } = this.#parts;
    const { blobLimitBytes } = settings;
    if ((upload.announcedBytes ?? 0) > blobLimitBytes)
      throw TooLarge.error(`${upload.announcedBytes} bytes were announced; a blob has at most ${blobLimitBytes}`);
    const { name, key, sha256: digest, sizeBytes } = await files.write(upload.source, blobLimitBytes);
    if (upload.digest !== undefined && upload.digest !== digest) {
      await files.remove(name);
      throw BlobMismatch.error(`the content has the digest ${digest}`, { details: { digest, sizeBytes } });
    }
    const nowMs = clock.nowMs();
    const times = { created_at_ms: nowMs, used_at_ms: nowMs };
    const file_key = sealedFileKey(tenant, digest, key);
    const insert = insertBlob.bind({ tenant, digest, size_bytes: sizeBytes, file: name, file_key, ...times });
    return this.#keep(tenant, { digest, sizeBytes, createdAtMs: nowMs, usedAtMs: nowMs }, name, insert, audit);
  }

  /** The row of the content: the one that is there, or the new one; whoever comes second at once finds the first. */
  async #keep(
    tenant: string,
    fresh: Blob,
    file: string,
    insert: UnitStatement,
    audit: ((blob: Blob) => AuditDraft) | undefined,
  ): Promise<Blob> {
    const { database, files } = this.#parts;
    const { digest, usedAtMs } = fresh;
    for (;;) {
      const [row] = await database.read<BlobsTable>(selectBlob.bind({ tenant, digest }));
      const blob = row ? { ...blobOf(row), usedAtMs } : fresh;
      const statement = row ? touchBlob.bind({ tenant, digest, used_at_ms: usedAtMs }) : insert;
      try {
        await database.commit({
          statements: [{ ...statement, expectRows: 1 }],
          ...(audit && { audit: [audit(blob)] }),
        });
        if (row) await files.remove(file);
        return blob;
      } catch (error) {
        if (StorageUnavailable.is(error)) await files.remove(file); // no row names it, on a full disk least of all
        if (!ExpectationFailed.is(error)) throw error; // otherwise it was put in, or removed, at the same time
      }
    }
  }

  /** @throws NotFound */
  async find(tenant: string, digest: string): Promise<BlobsTable> {
    const [row] = await this.#parts.database.read<BlobsTable>(selectBlob.bind({ tenant, digest }));
    if (row) return row;
    throw NotFound.error(`there is no blob ${digest}`);
  }

  /** The content from a byte on. */
  read(row: BlobsTable, from = 0): AsyncGenerator<Uint8Array> {
    return this.#parts.files.read(storedFile(this.#parts.database, row), from);
  }

  /**
   * Removes a content that nothing live refers to.
   * @throws BlobInUse
   */
  async remove(row: BlobsTable, commit: (statements: readonly UnitStatement[]) => Promise<unknown>): Promise<void> {
    const { tenant, digest, file } = row;
    const gone = deleteBlob.bindExpecting(1, { tenant, digest, file });
    try {
      await commit([gone, deleteBlobUses.bind({ tenant, digest })]);
    } catch (error) {
      if (!ExpectationFailed.is(error)) throw error;
      throw BlobInUse.error(`a live task or map refers to the blob ${digest}`);
    }
    await this.#parts.files.remove(file);
  }
}

/** A blob as it is shown. */
export function blobOf({ digest, size_bytes, created_at_ms, used_at_ms }: BlobsTable): Blob {
  return { digest, sizeBytes: size_bytes, createdAtMs: created_at_ms, usedAtMs: used_at_ms };
}
