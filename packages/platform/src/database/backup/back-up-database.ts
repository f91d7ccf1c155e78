import { existsSync, rmSync } from 'node:fs';
import { open, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '@reeve/kernel';
import { namePattern, onDisk, syncFolder } from '../../files/index.ts';
import type { KeyChain } from '../../sealing/index.ts';
import { BackupNotReplaced, DatabaseUnusable } from '../errors.ts';
import { lockForWriting } from '../sqlite/process-lock.ts';
import { contentOf, headerOf, readEntries, type BackupManifest } from './entries.ts';
import { watched, type OnBackupProgress } from './progress.ts';
import { isBackup, readSealed, writeSealed } from './sealed-backup.ts';
import { assertIntact, countRows, takeSnapshot } from './snapshot.ts';
import { writeNew } from './write-file.ts';

export interface BackupOptions {
  /** File of the embedded database; a hub may be using it. */
  readonly from: string;
  /** Folder of the stored files, which are sealed already. */
  readonly files: string;
  /** A new file, or an older backup to be replaced by this one. */
  readonly to: string;
  readonly keys: KeyChain;
  readonly clock: Clock;
  readonly onProgress?: OnBackupProgress;
}

export interface BackupReport extends BackupManifest {
  readonly to: string;
  readonly sizeBytes: number;
  /** Id of the encryption key without which nobody can read it. */
  readonly keyId: string;
}

/**
 * Copies the database as it is at one moment, with its stored files, into one sealed file; reads that again, and only
 * then gives it its name. The copy in between lies beside the database, as readable as that is, and needs as much room;
 * what a kill leaves of it the next backup removes. Stored files that the hub removes for their age meanwhile are not in it.
 * @throws DatabaseInUse while another backup of it is made, DatabaseUnusable, BackupNotReplaced, StorageUnavailable,
 * BackupBroken when what is on the disk is not what was written.
 */
export async function backUpDatabase(options: BackupOptions): Promise<BackupReport> {
  const { from, keys, onProgress } = options;
  const to = resolve(options.to);
  if (!existsSync(from)) throw DatabaseUnusable.error(`${from}: there is no such file`, { details: { path: from } });
  await assertReplaceable(to);
  const [snapshot, partial] = [`${from}.snapshot`, `${to}.partial`];
  const lock = lockForWriting(snapshot);
  const remove = () => [snapshot, partial].forEach((path) => rmSync(path, { force: true }));
  try {
    remove();
    await takeSnapshot(from, snapshot, (done, total) => onProgress?.({ step: 'copying', share: done / total }));
    const written = await writeBackup(partial, snapshot, options);
    rmSync(snapshot);
    await verify(partial, snapshot, keys, onProgress);
    const { size: sizeBytes } = await stat(partial);
    await onDisk(() => rename(partial, to));
    await syncFolder(dirname(to));
    return { to, sizeBytes, keyId: keys.active.id, ...written };
  } finally {
    remove();
    lock.release();
  }
}

/** @throws BackupNotReplaced */
async function assertReplaceable(to: string): Promise<void> {
  const found = await unlessGone(stat(to));
  if (found && !(found.isFile() && (await isBackup(to))))
    throw BackupNotReplaced.error(`${to} is there and is no backup; it stays as it is`, { details: { path: to } });
}

async function writeBackup(partial: string, snapshot: string, options: BackupOptions): Promise<BackupManifest> {
  const stored = await onDisk(() => unlessGone(readdir(options.files)));
  const names = stored?.filter((name) => namePattern.test(name)) ?? [];
  const manifest = { atMs: options.clock.nowMs(), tables: countRows(snapshot), files: 0 };
  await using file = await onDisk(() => open(partial, 'wx', 0o600));
  await writeSealed(file, options.keys, entriesOf(snapshot, names, manifest, options));
  await onDisk(() => file.sync());
  return manifest;
}

async function* entriesOf(
  snapshot: string,
  names: readonly string[],
  manifest: BackupManifest,
  { files, onProgress }: BackupOptions,
): AsyncGenerator<Buffer> {
  await using database = await open(snapshot, 'r');
  const { size: sizeBytes } = await database.stat();
  yield headerOf({ kind: 'database', sizeBytes });
  yield* watched(contentOf(database, sizeBytes), sizeBytes, 'sealing', onProgress);
  for (const name of names) {
    const file = await unlessGone(open(join(files, name), 'r'));
    if (file === undefined) continue;
    await using _ = file;
    const stored = await file.stat();
    yield headerOf({ kind: 'file', name, sizeBytes: stored.size });
    yield* contentOf(file, stored.size);
    manifest.files += 1;
  }
  yield headerOf({ kind: 'end', manifest });
}

/** Only what is not there is nothing: a folder that cannot be read must not pass for one without files. */
function unlessGone<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  return looking.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Reads everything again from the disk; the database goes to where the snapshot was, for SQLite to check it. */
async function verify(
  partial: string,
  copy: string,
  keys: KeyChain,
  onProgress: OnBackupProgress | undefined,
): Promise<void> {
  const { size } = await stat(partial);
  const manifest = await readEntries(watched(readSealed(partial, keys), size, 'verifying', onProgress), {
    database: (content) => writeNew(copy, content),
    async file(_, content) {
      for await (const _piece of content); // opened is proved
    },
  });
  assertIntact(copy, manifest);
}
