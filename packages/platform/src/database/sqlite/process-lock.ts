import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseInUse } from '../errors.ts';
import { resultCode } from './worker/sqlite-failure.ts';

const busyCode = 5;

export interface ProcessLock {
  release(): void;
}

/**
 * Makes this process the only one that writes the database. The lock is an exclusive lock on a small file beside it,
 * taken through SQLite: the operating system drops it when the process ends, however it ends, so neither `kill -9` nor
 * a reused process id can leave it behind or fake it. Who holds it stands in a second file, for the message only.
 * Safety rests on the file system's advisory locks: a shared folder without them does not protect.
 * @throws DatabaseInUse
 */
export function lockForWriting(databasePath: string): ProcessLock {
  const holderPath = `${databasePath}.holder`;
  const db = new DatabaseSync(`${databasePath}.lock`, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((resultCode(error) & 0xff) === busyCode) throw inUse(databasePath, holderPath);
    throw error;
  }
  noteHolder(holderPath);
  return {
    release: () => {
      rmSync(holderPath, { force: true });
      db.close();
    },
  };
}

/** Only for the message that refuses others: on a full disk the database opens all the same, and that message is poorer. */
function noteHolder(holderPath: string): void {
  try {
    writeFileSync(holderPath, `${JSON.stringify({ pid: process.pid, sinceMs: Date.now() })}\n`, { mode: 0o600 });
  } catch {
    rmSync(holderPath, { force: true });
  }
}

function inUse(databasePath: string, holderPath: string): Error {
  const pid = holderPid(holderPath);
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  return DatabaseInUse.error(
    `${databasePath} is open for writing in ${holder}; stop ${pid === undefined ? 'it' : `it (kill ${pid})`} or use another folder`,
    { details: { path: databasePath, pid: pid ?? null } },
  );
}

/** Not known in the moment between another process's locking and its writing down who it is. */
function holderPid(holderPath: string): number | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderPath, 'utf8')) as { pid?: unknown };
    return typeof holder.pid === 'number' ? holder.pid : undefined;
  } catch {
    return undefined;
  }
}
