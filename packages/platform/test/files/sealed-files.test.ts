import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { SealedFiles, type StoredFile } from '../../src/files/index.ts';

const megabyte = 1024 * 1024;

async function newFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, files: await SealedFiles.open(folder) };
}

async function* inPieces(content: Uint8Array, pieceBytes: number) {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
}

function contentOf(files: SealedFiles, stored: StoredFile, from = 0): Promise<Buffer> {
  return buffer(files.read(stored, from));
}

test('what is written in pieces of any size is read from any byte', async () => {
  const { files } = await newFiles();
  const sizes = fc.integer({ min: 0, max: 200_000 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 100_000 }), fc.nat(200_000), async (size, piece, at) => {
      const content = Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 255));
      const stored = await files.write(inPieces(content, piece), megabyte);
      expect(stored).toMatchObject({ sizeBytes: size, sha256: createHash('sha256').update(content).digest('hex') });
      const from = Math.min(at, size);
      expect((await contentOf(files, stored, from)).equals(content.subarray(from))).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test('[FD-05 canary] nothing of the content is readable on the disk', async () => {
  const { files, folder } = await newFiles();
  const { name } = await files.write(inPieces(Buffer.from('a canary in the mine'), 5), megabyte);
  expect(readFileSync(join(folder, name)).includes('canary')).toBe(false);
});

test('a file that was cut, changed, exchanged or removed is refused, not given out', async () => {
  const { files, folder } = await newFiles();
  const content = Buffer.alloc(150_000, 1);
  const write = () => files.write(inPieces(content, 40_000), megabyte);
  const [cut, changed, exchanged, other, removed] = await Promise.all([write(), write(), write(), write(), write()]);
  truncateSync(join(folder, cut.name), 2 * (64 * 1024 + 16));
  const bytes = readFileSync(join(folder, changed.name));
  bytes[100_000]! ^= 1;
  writeFileSync(join(folder, changed.name), bytes);
  writeFileSync(join(folder, exchanged.name), readFileSync(join(folder, other.name)));
  await files.remove(removed.name);
  for (const each of [cut, changed, exchanged, removed])
    await expect(contentOf(files, each)).rejects.toMatchObject({ code: 'stored_file_broken' });
  expect((await contentOf(files, other)).equals(content)).toBe(true);
});

test('what is too large, or whose source breaks off, leaves nothing behind', async () => {
  const { files, folder } = await newFiles();
  const large = files.write(inPieces(Buffer.alloc(100_000), 1_000), 99_999);
  await expect(large).rejects.toMatchObject({ code: 'too_large' });
  const broken = async function* () {
    yield Buffer.alloc(70_000);
    throw new Error('the caller went away');
  };
  await expect(files.write(broken(), megabyte)).rejects.toThrow('the caller went away');
  expect(readdirSync(folder)).toEqual([]);
});

test('a disk that does not take it is told as such', async () => {
  const { files, folder } = await newFiles();
  rmSync(folder, { recursive: true });
  const writing = files.write(inPieces(Buffer.alloc(10), 10), megabyte);
  await expect(writing).rejects.toMatchObject({ code: 'storage_unavailable', retryable: true });
});

test('a name that nobody made up here opens and removes nothing', async () => {
  const { files } = await newFiles();
  await expect(files.remove('../reeve.db')).rejects.toThrow(TypeError);
  await expect(contentOf(files, { name: '../reeve.db', key: '', sizeBytes: 1 })).rejects.toThrow();
});
