import { closeSync, openSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { StorageUnavailable } from '@reeve/kernel';
import { BackupBroken } from '../errors.ts';
import { quoted, sourceTables } from '../move/source-table.ts';
import { storageReason } from '../sqlite/worker/sqlite-failure.ts';
import type { BackupManifest } from './entries.ts';

const pagesAtOnce = 2_048;
const busyTimeoutMs = 5_000;

/**
 * Copies the database as it is at one moment, while another process writes it. The open transaction holds that moment:
 * without it the copy would begin anew at each commit of the other. The log grows meanwhile.
 * @throws StorageUnavailable
 */
export async function takeSnapshot(
  path: string,
  to: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  try {
    closeSync(openSync(to, 'wx', 0o600));
    using source = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    source.exec('BEGIN');
    source.prepare('SELECT COUNT(*) FROM sqlite_schema').get();
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
      onProgress(totalPages - remainingPages, totalPages);
    await backup(source, to, { rate: pagesAtOnce, progress });
    source.exec('COMMIT');
    onProgress(1, 1); // Node tells of what remains only
    using copy = new DatabaseSync(to);
    copy.exec('PRAGMA journal_mode = DELETE'); // one file, with nothing beside it
  } catch (error) {
    const reason = storageReason(error) ?? (error as NodeJS.ErrnoException).code;
    if (reason === undefined) throw error;
    throw StorageUnavailable.error(`${path} cannot be copied: ${reason}`, { cause: error });
  }
}

/** Rows of each table. @throws BackupBroken */
export function countRows(path: string): BackupManifest['tables'] {
  return looking(path, (db) => {
    const count = (name: string) =>
      db.prepare(`SELECT COUNT(*) AS rows FROM ${quoted([name])}`).get() as { rows: number };
    return Object.fromEntries(sourceTables(db).map(({ name }) => [name, count(name).rows]));
  });
}

/** @throws BackupBroken when SQLite finds a fault in the file, or another number of rows than the manifest says. */
export function assertIntact(path: string, { tables }: BackupManifest): void {
  const faults = looking(path, (db) => db.prepare('PRAGMA integrity_check(1)').all());
  const [{ integrity_check: first }] = faults as [{ integrity_check: string }];
  if (first !== 'ok') throw BackupBroken.error(`the database is damaged: ${first}`);
  const found = countRows(path);
  for (const table of new Set([...Object.keys(tables), ...Object.keys(found)]))
    if (found[table] !== tables[table])
      throw BackupBroken.error(
        `${table}: ${tables[table] ?? 'no'} rows were backed up, ${found[table] ?? 'none'} came`,
        {
          details: { table },
        },
      );
}

function looking<T>(path: string, look: (db: DatabaseSync) => T): T {
  using db = new DatabaseSync(path, { readOnly: true });
  try {
    return look(db);
  } catch (cause) {
    const reason = storageReason(cause);
    if (reason === undefined) throw cause;
    throw BackupBroken.error(`the database is damaged: ${reason}`, { cause });
  }
}
