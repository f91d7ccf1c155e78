import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onDisk, syncFolder } from '../../files/index.ts';
import type { KeyChain } from '../../sealing/index.ts';
import { BackupBroken, RestoreTargetTaken } from '../errors.ts';
import { lockForWriting } from '../sqlite/process-lock.ts';
import { readEntries, type BackupManifest } from './entries.ts';
import { watched, type OnBackupProgress } from './progress.ts';
import { readSealed } from './sealed-backup.ts';
import { assertIntact } from './snapshot.ts';
import { writeNew } from './write-file.ts';

export interface RestoreOptions {
  /** The backup. */
  readonly from: string;
  /** Where the database file is to be. */
  readonly to: string;
  /** Where the folder of the stored files is to be. */
  readonly files: string;
  readonly keys: KeyChain;
  readonly onProgress?: OnBackupProgress;
}

/**
 * Puts a database and its stored files where none are. Both are written beside their places, checked, and get their
 * names at the end, the database last: whoever finds it finds everything.
 * @throws RestoreTargetTaken, DatabaseInUse, BackupBroken, EncryptionKeyUnknown, SealBroken, StorageUnavailable
 */
export async function restoreDatabase(options: RestoreOptions): Promise<BackupManifest> {
  const { from, to, files } = options;
  if (!existsSync(from)) throw BackupBroken.error(`${from}: there is no such file`, { details: { path: from } });
  assertVacant(to, files);
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const lock = lockForWriting(to);
  const [database, folder] = [`${to}.restoring`, `${files}.restoring`];
  const remove = () => Promise.all([database, folder].map((path) => rm(path, { force: true, recursive: true })));
  try {
    await remove();
    const manifest = await unpack(database, folder, options);
    assertVacant(to, files);
    await onDisk(() => rename(folder, files));
    await syncFolder(dirname(files));
    await onDisk(() => link(database, to)); // unlike a rename it never replaces
    await syncFolder(dirname(to));
    return manifest;
  } finally {
    await remove();
    lock.release();
  }
}

/** A log that an older database left would be read into the new one. @throws RestoreTargetTaken */
function assertVacant(to: string, files: string): void {
  const taken = [to, `${to}-wal`, `${to}-journal`].find((path) => existsSync(path));
  const path = taken ?? (existsSync(files) && readdirSync(files).length > 0 ? files : undefined);
  if (path !== undefined) throw RestoreTargetTaken.error(`${path} is there already`, { details: { path } });
}

async function unpack(
  database: string,
  folder: string,
  { from, keys, onProgress }: RestoreOptions,
): Promise<BackupManifest> {
  const { size } = await stat(from);
  await onDisk(() => mkdir(folder, { recursive: true, mode: 0o700 }));
  const manifest = await readEntries(watched(readSealed(from, keys), size, 'restoring', onProgress), {
    database: (content) => writeNew(database, content),
    file: (name, content) => writeNew(join(folder, name), content),
  });
  assertIntact(database, manifest);
  await syncFolder(folder);
  return manifest;
}
