import type { FileHandle } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { namePattern } from '../../files/index.ts';
import { BackupBroken } from '../errors.ts';

const size = z.int().nonnegative();
const manifestSchema = z.strictObject({
  atMs: z.int(),
  /** Rows of each table. */
  tables: z.record(z.string(), size),
  files: size,
});
const headerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('database'), sizeBytes: size }),
  z.strictObject({ kind: z.literal('file'), name: z.string().regex(namePattern), sizeBytes: size }),
  z.strictObject({ kind: z.literal('end'), manifest: manifestSchema }),
]);
type Header = z.infer<typeof headerSchema>;

/** What a backup says of itself, at its end: without it the backup is not whole. */
export type BackupManifest = z.infer<typeof manifestSchema>;

const lengthBytes = 4;
const readBytes = 256 * 1024;
const longestHeaderBytes = 1 << 20;

/** An entry is the length of its header in four bytes, the header as JSON, then as many bytes as the header says. */
export function headerOf(header: Header): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

/** The bytes of an open file as the header said them. @throws BackupBroken when it got shorter meanwhile. */
export async function* contentOf(file: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < sizeBytes;) {
    const piece = Buffer.allocUnsafe(Math.min(readBytes, sizeBytes - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw BackupBroken.error('a file became shorter while it was read');
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Where the entries of a backup go; each takes its content to the end. */
export interface EntrySink {
  database(content: AsyncIterable<Buffer>): Promise<void>;
  file(name: string, content: AsyncIterable<Buffer>): Promise<void>;
}

/** Hands out the entries in their order. @throws BackupBroken when the content ends before its end. */
export async function readEntries(content: AsyncGenerator<Buffer>, sink: EntrySink): Promise<BackupManifest> {
  const pieces = new Pieces(content);
  try {
    for (;;) {
      const header = await readHeader(pieces);
      if (header.kind === 'end') {
        await pieces.assertEnd();
        return header.manifest;
      }
      const bytes = pieces.next(header.sizeBytes);
      await (header.kind === 'database' ? sink.database(bytes) : sink.file(header.name, bytes));
    }
  } finally {
    await content.return(undefined);
  }
}

async function readHeader(pieces: Pieces): Promise<Header> {
  const length = (await buffer(pieces.next(lengthBytes))).readUInt32BE();
  if (length > longestHeaderBytes) throw BackupBroken.error('an entry of the backup has no header');
  const text = await buffer(pieces.next(length));
  const { data, error } = headerSchema.safeParse(JSON.parse(text.toString()));
  if (error) throw BackupBroken.error('an entry of the backup is of a kind that this version does not know');
  return data;
}

/** A stream of bytes, taken in other pieces than it comes in. */
class Pieces {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterator<Buffer>) {
    this.#source = source;
  }

  async *next(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async assertEnd(): Promise<void> {
    const { done } = await this.#source.next();
    if (!done || this.#rest.length > 0) throw BackupBroken.error('the backup goes on after its end');
  }

  async #more(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done) throw BackupBroken.error('the backup ends before its end: it was cut');
    return next.value;
  }
}
