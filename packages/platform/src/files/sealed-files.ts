import { createHash, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { TooLarge } from '@reeve/kernel';
import { StoredFileBroken } from './errors.ts';
import { onDisk, syncFolder } from './on-disk.ts';
import { openSegment, sealedSegmentBytes, sealSegment, segmentBytes, segmentsOf } from './segments.ts';

/** What it takes to read a file again; whoever keeps it stores the key sealed. */
export interface StoredFile {
  /** Made up here: no name of a file ever comes from outside. */
  readonly name: string;
  /** Base64 of the 256 bits under which this file, and nothing else, is sealed. */
  readonly key: string;
  readonly sizeBytes: number;
}

export interface WrittenFile extends StoredFile {
  /** SHA-256 of the content in lower-case hex. */
  readonly sha256: string;
}

export const namePattern = /^[0-9a-f-]{36}$/;

/**
 * Contents too large for a row, each a sealed file of its own in one folder. Safety: a file that `write` has answered is
 * on the disk, name and all; one whose writing failed is gone. Which files count is for the record to say: a file that
 * no record names is a left-over of a crash, and may be removed.
 */
export class SealedFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<SealedFiles> {
    await onDisk(() => mkdir(folder, { recursive: true, mode: 0o700 }));
    return new SealedFiles(folder);
  }

  /**
   * Writes and syncs what comes; holds a segment of it at a time.
   * @throws TooLarge beyond the limit; StorageUnavailable when the disk does not take it; what `source` throws.
   */
  async write(source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<WrittenFile> {
    const [name, key] = [randomUUID(), randomBytes(32)];
    const path = join(this.#folder, name);
    const file = await onDisk(() => open(path, 'wx', 0o600));
    try {
      const content = await writeSegments(file, key, source, limitBytes);
      await onDisk(() => file.sync());
      await file.close();
      await syncFolder(this.#folder);
      return { name, key: key.toString('base64'), ...content };
    } catch (error) {
      await file.close().catch(() => {}); // the failure that brought us here is what is told
      await rm(path, { force: true });
      throw error;
    }
  }

  /** The content from a byte on. @throws StoredFileBroken before giving out anything that was not written. */
  async *read(stored: StoredFile, from = 0): AsyncGenerator<Uint8Array> {
    const key = createSecretKey(stored.key, 'base64');
    await using file = await this.#openToRead(stored.name);
    const segments = Math.ceil(stored.sizeBytes / segmentBytes);
    const sealed = Buffer.alloc(sealedSegmentBytes);
    for (let number = Math.floor(from / segmentBytes); number < segments; number++) {
      const { bytesRead } = await file.read(sealed, 0, sealedSegmentBytes, number * sealedSegmentBytes);
      const content = opened(() => openSegment(key, number, sealed.subarray(0, bytesRead)), stored.name);
      const expected = Math.min(segmentBytes, stored.sizeBytes - number * segmentBytes);
      if (content.length !== expected) throw StoredFileBroken.error(`the file ${stored.name} was cut`);
      yield content.subarray(Math.max(0, from - number * segmentBytes));
    }
  }

  /** Removes a file; one that is not there is as good as removed. */
  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    await onDisk(() => rm(path, { force: true }));
  }

  /** Names of all files, those no record speaks of included. */
  async names(): Promise<string[]> {
    return (await onDisk(() => readdir(this.#folder))).filter((name) => namePattern.test(name));
  }

  #path(name: string): string {
    if (!namePattern.test(name)) throw new TypeError(`${name} is no name of a stored file`);
    return join(this.#folder, name);
  }

  async #openToRead(name: string): Promise<FileHandle> {
    try {
      return await open(this.#path(name), 'r');
    } catch (cause) {
      throw StoredFileBroken.error(`the file ${name} cannot be opened`, { cause });
    }
  }
}

async function writeSegments(
  file: FileHandle,
  keyBytes: Buffer,
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ sizeBytes: number; sha256: string }> {
  const [hash, key] = [createHash('sha256'), createSecretKey(keyBytes)];
  let sizeBytes = 0;
  let number = 0;
  for await (const segment of segmentsOf(source)) {
    sizeBytes += segment.length;
    if (sizeBytes > limitBytes)
      throw TooLarge.error(`more than ${limitBytes} bytes were sent`, { details: { limitBytes } });
    hash.update(segment);
    const sealed = sealSegment(key, number++, segment);
    await onDisk(() => file.writeFile(sealed));
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

function opened<T>(act: () => T, name: string): T {
  try {
    return act();
  } catch (cause) {
    throw StoredFileBroken.error(`the file ${name} does not open`, { cause });
  }
}
