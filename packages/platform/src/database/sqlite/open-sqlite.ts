import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ReeveError, systemClock, type Clock } from '@reeve/kernel';
import type { Logger } from '../../log/logger.ts';
import type { KeyChain } from '../../sealing/index.ts';
import { DatabaseUnusable } from '../errors.ts';
import { GroupDatabase } from '../group/group-database.ts';
import type { Migration } from '../migrations.ts';
import { applyMigrations } from './apply-migrations.ts';
import { lockForWriting } from './process-lock.ts';
import { SqliteReader } from './reader.ts';
import { defaultLimits, type SqliteLimits } from './settings.ts';
import { messageOf, storageReason } from './worker/sqlite-failure.ts';
import { WriterSupervisor } from './writer-supervisor.ts';

export interface SqliteOptions {
  /** The database file; its folder is made when it is missing. Beside it: `-wal`, `-shm`, `.lock`, `.holder`. */
  readonly path: string;
  /** Of every package that keeps tables here, the platform's first. */
  readonly migrations: readonly Migration[];
  readonly clock?: Clock;
  readonly limits?: Partial<SqliteLimits>;
  readonly log?: Logger;
  /** `off` gives up durability: for throw-away databases and for the proof that the sync test can fail. */
  readonly synchronous?: 'full' | 'off';
  /** Under which texts are stored sealed; without it a unit that has any is refused. */
  readonly keys?: KeyChain | undefined;
}

/**
 * Opens the embedded database for this process alone: locks it, brings its tables up to date, starts the writer.
 * @throws DatabaseInUse, DatabaseNewer, MigrationChanged, MigrationFailed, DatabaseUnusable
 */
export async function openSqlite(options: SqliteOptions): Promise<GroupDatabase> {
  const { clock = systemClock, synchronous = 'full', log, keys } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const path = usable(options.path, () => prepareFile(options.path));
  const lock = usable(path, () => lockForWriting(path));
  try {
    usable(path, () => migrateSqlite(path, options.migrations, clock.nowMs(), limits.busyTimeoutMs));
    const { busyTimeoutMs, cacheBytes, checkpointPages } = limits;
    const settings = {
      path,
      busyTimeoutMs,
      cacheBytes,
      checkpointPages,
      synchronous,
      statements: [],
      sealUnder: keys?.active,
    };
    const database = new GroupDatabase({
      kind: 'sqlite',
      limits,
      clock,
      log,
      keys,
      startWriter: (events, texts) => new WriterSupervisor(settings, texts, () => clock.monotonicMs(), events),
      openReader: () => new SqliteReader(path, cacheBytes),
      release: () => lock.release(),
    });
    await database.started();
    return database;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Brings the tables of a database file up to date; safe when two processes do it at once.
 * @returns the migrations that were applied now.
 */
export function migrateSqlite(
  path: string,
  migrations: readonly Migration[],
  nowMs: number,
  busyTimeoutMs = defaultLimits.busyTimeoutMs,
): readonly Migration[] {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    // No write-ahead log yet: the change to it waits for nobody, so of two starters one would fail at once.
    db.exec('PRAGMA synchronous = FULL');
    return applyMigrations(db, migrations, nowMs);
  } finally {
    db.close();
  }
}

/** @returns the one true path of the file, so that a link to it leads to the same lock. */
function prepareFile(path: string): string {
  if (path === ':memory:') throw new Error('the database must be a file: several connections share it');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // For its owner alone, wherever it lies; what SQLite puts beside it gets the same mode.
  closeSync(openSync(path, 'a', 0o600));
  return realpathSync(path);
}

/** Every failure to open tells of the path. */
function usable<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof ReeveError) throw error;
    throw DatabaseUnusable.error(`${path}: ${storageReason(error) ?? messageOf(error)}`, {
      details: { path },
      cause: error,
    });
  }
}
