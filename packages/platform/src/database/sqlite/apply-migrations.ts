import type { DatabaseSync } from 'node:sqlite';
import { MigrationFailed } from '../errors.ts';
import { migrationChecksum, pendingMigrations, type AppliedMigration, type Migration } from '../migrations.ts';
import { messageOf } from './worker/sqlite-failure.ts';

const recordTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
  package TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at_ms INTEGER NOT NULL,
  PRIMARY KEY (package, number)
) STRICT, WITHOUT ROWID`;

/**
 * Applies what is missing, all of it or nothing, under the write lock: of two starters at once the second waits and
 * then finds nothing left to do.
 * @returns the migrations that were applied now.
 * @throws MigrationChanged, DatabaseNewer, MigrationFailed
 */
export function applyMigrations(db: DatabaseSync, known: readonly Migration[], nowMs: number): readonly Migration[] {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(recordTable);
    const applied = db.prepare('SELECT package, number, name, checksum FROM schema_migrations').all();
    const pending = pendingMigrations(known, applied as unknown as AppliedMigration[]);
    for (const migration of pending) applyOne(db, migration, nowMs);
    db.exec('COMMIT');
    return pending;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function applyOne(db: DatabaseSync, migration: Migration, nowMs: number): void {
  const { package: owner, number, name } = migration;
  for (const [index, sql] of migration.up.entries()) {
    try {
      db.exec(sql);
    } catch (error) {
      const message = `migration ${owner}/${number} (${name}), statement ${index + 1}: ${messageOf(error)}; nothing was changed`;
      throw MigrationFailed.error(message, { cause: error });
    }
  }
  db.prepare(
    'INSERT INTO schema_migrations (package, number, name, checksum, applied_at_ms) VALUES (?, ?, ?, ?, ?)',
  ).run(owner, number, name, migrationChecksum(migration), nowMs);
}
