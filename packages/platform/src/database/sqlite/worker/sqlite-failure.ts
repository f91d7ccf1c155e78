import type { UnitFailure } from '../../group/messages.ts';

/** Result codes that say something about the disk, the file or its locks, not about the statement. */
const storageCodes = new Map([
  [5, 'the database is locked by another process'],
  [6, 'a table of the database is locked'],
  [7, 'out of memory'],
  [8, 'the database file is read-only'],
  [10, 'the disk reported an I/O error'],
  [11, 'the database file is damaged'],
  [13, 'the disk is full'],
  [14, 'the database file cannot be opened'],
  [15, 'the locking protocol failed'],
  [22, 'the file system cannot hold such a large file'],
  [23, 'access to the database file was refused'],
  [26, 'the file is not a database'],
  [4874, 'the disk is full: no room for the file with the suffix -shm'],
]);
const constraintCode = 19;
const constraintKinds = new Map([
  [275, 'check'],
  [787, 'foreignKey'],
  [1299, 'notNull'],
  [1555, 'unique'],
  [2067, 'unique'],
  [2579, 'unique'],
]);

/** SQLite's extended result code; the low byte is the primary code. 0 for errors that are not SQLite's. */
export function resultCode(error: unknown): number {
  const code = error instanceof Error ? (error as { errcode?: unknown }).errcode : undefined;
  return typeof code === 'number' ? code : 0;
}

/** Whether everything was written and then the sync failed (SQLITE_IOERR_FSYNC). */
export function isSyncError(error: unknown): boolean {
  return resultCode(error) === 1034;
}

/** Why the database cannot store at all, for people; `undefined` when the error is the statement's own. */
export function storageReason(error: unknown): string | undefined {
  const code = resultCode(error);
  const reason = storageCodes.get(code) ?? storageCodes.get(code & 0xff);
  return reason === undefined ? undefined : `${reason} (SQLite ${code}: ${messageOf(error)})`;
}

/** The failure of one statement, when it is not the storage's. */
export function statementFailure(error: unknown, index: number): UnitFailure {
  const code = resultCode(error);
  const message = messageOf(error);
  if ((code & 0xff) !== constraintCode) return { kind: 'broken', index, message };
  return { kind: 'constraint', index, constraint: constraintKinds.get(code) ?? 'other', message };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
