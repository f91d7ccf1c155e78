import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { onDisk, openSegment, sealedSegmentBytes, sealSegment, segmentsOf } from '../../files/index.ts';
import { Sealer, unseal, type KeyChain } from '../../sealing/index.ts';
import { BackupBroken } from '../errors.ts';

const place = 'backup.key';
const headPattern = /^reeve-backup 1 (e1\.[a-z0-9-]{1,32}\.[A-Za-z0-9+/]{40,120}={0,2})\n/;
const longestHeadBytes = 256;

/** Whether a file begins as a backup does. */
export async function isBackup(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  return (await readHead(file)) !== undefined;
}

/**
 * Seals a content segment by segment under a key that seals nothing else; the head holds that key, sealed under the
 * active key of the chain, which it names. Only what comes is held: a segment of it at a time.
 */
export async function writeSealed(
  file: FileHandle,
  { active }: KeyChain,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const keyBytes = randomBytes(32);
  const key = createSecretKey(keyBytes);
  const head = `reeve-backup 1 ${new Sealer(active).seal(keyBytes.toString('base64'), place)}\n`;
  await onDisk(() => file.writeFile(head));
  let number = 0;
  for await (const segment of segmentsOf(content)) {
    const sealed = sealSegment(key, number++, segment);
    await onDisk(() => file.writeFile(sealed));
  }
}

/**
 * The content of a backup, segment by segment; whether it is whole is for the content to say.
 * @throws BackupBroken before giving out anything that was not written, EncryptionKeyUnknown, SealBroken.
 */
export async function* readSealed(path: string, keys: KeyChain): AsyncGenerator<Buffer> {
  await using file = await openBackup(path);
  const head = await readHead(file);
  if (head === undefined) throw BackupBroken.error(`${path} does not begin as a backup does`, { details: { path } });
  const key = createSecretKey(unseal(keys, head.sealedKey, place), 'base64');
  const sealed = Buffer.alloc(sealedSegmentBytes);
  for (let number = 0; ; number++) {
    const at = head.bytes + number * sealedSegmentBytes;
    const { bytesRead } = await onDisk(() => file.read(sealed, 0, sealedSegmentBytes, at));
    if (bytesRead === 0) return;
    yield opened(key, number, sealed.subarray(0, bytesRead), path);
  }
}

async function openBackup(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw BackupBroken.error(`${path} cannot be opened: ${(cause as Error).message}`, { details: { path }, cause });
  }
}

async function readHead(file: FileHandle): Promise<{ sealedKey: string; bytes: number } | undefined> {
  const start = Buffer.alloc(longestHeadBytes);
  const { bytesRead } = await file.read(start, 0, longestHeadBytes, 0);
  const [line, sealedKey] = headPattern.exec(start.toString('latin1', 0, bytesRead)) ?? [];
  return line === undefined || sealedKey === undefined ? undefined : { sealedKey, bytes: line.length };
}

function opened(key: KeyObject, number: number, sealed: Buffer, path: string): Buffer {
  try {
    return openSegment(key, number, sealed);
  } catch (cause) {
    const message = `${path}: segment ${number} is not as it was written`;
    throw BackupBroken.error(message, { details: { path, segment: number }, cause });
  }
}
