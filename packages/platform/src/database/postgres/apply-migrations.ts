import type { Client } from 'pg';
import { MigrationFailed } from '../errors.ts';
import {
  migrationChecksum,
  pendingMigrations,
  serverStatements,
  type AppliedMigration,
  type Migration,
} from '../migrations.ts';
import { lockSpace, migrationLock } from './locks.ts';
import { messageOf } from './postgres-failure.ts';
import { tableSql } from './table-sql.ts';

/** A migration may rewrite a large table. */
const migrationTimeoutMs = 3_600_000;

const recordTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
  package TEXT NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at_ms INTEGER NOT NULL,
  PRIMARY KEY (package, number)
)`;

/**
 * Applies what is missing, all of it or nothing, under a lock: of two starters at once the second waits and then finds
 * nothing left to do.
 * @returns the migrations that were applied now.
 * @throws MigrationChanged, DatabaseNewer, MigrationFailed
 */
export async function applyMigrations(
  client: Client,
  known: readonly Migration[],
  nowMs: number,
): Promise<readonly Migration[]> {
  await client.query('BEGIN');
  try {
    const pending = await applyInTransaction(client, known, nowMs);
    await client.query('COMMIT');
    return pending;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // a lost connection has rolled back by itself
    throw error;
  }
}

/** The same, as a part of the transaction that is open. */
export async function applyInTransaction(
  client: Client,
  known: readonly Migration[],
  nowMs: number,
): Promise<readonly Migration[]> {
  await client.query(`SET LOCAL statement_timeout = ${migrationTimeoutMs}`);
  await client.query(`SELECT pg_advisory_xact_lock(${lockSpace}, ${migrationLock})`);
  await client.query(tableSql(recordTable));
  const applied = await client.query<AppliedMigration>('SELECT package, number, name, checksum FROM schema_migrations');
  const pending = pendingMigrations(known, applied.rows);
  for (const migration of pending) await applyOne(client, migration, nowMs);
  return pending;
}

async function applyOne(client: Client, migration: Migration, nowMs: number): Promise<void> {
  const { package: owner, number, name } = migration;
  for (const [index, sql] of serverStatements(migration).entries()) {
    try {
      await client.query(tableSql(sql));
    } catch (error) {
      const message = `migration ${owner}/${number} (${name}), statement ${index + 1}: ${messageOf(error)}; nothing was changed`;
      throw MigrationFailed.error(message, { cause: error });
    }
  }
  await client.query(
    'INSERT INTO schema_migrations (package, number, name, checksum, applied_at_ms) VALUES ($1, $2, $3, $4, $5)',
    [owner, number, name, migrationChecksum(migration), nowMs],
  );
}
