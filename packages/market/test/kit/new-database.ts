import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeyChainText, openDatabase, parseKeyChain, platformMigrations, type Database } from '@reeve/platform';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { PostgresCluster } from '../../../../tests/house/postgres.ts';
import { marketMigrations } from '../../src/migrations/index.ts';

const migrations = [...platformMigrations, ...marketMigrations];
const keys = parseKeyChain(newKeyChainText('test'), 'keys of the test');

let cluster: PostgresCluster | undefined;

/** The tests of the `describe` in which it is called keep their record on a PostgreSQL server. */
export function onPostgres(): void {
  beforeAll(async () => {
    cluster = await PostgresCluster.start({ fsync: false });
  });
  afterAll(async () => {
    await cluster?.stop();
    cluster = undefined;
  });
}

/** The address of a new database, which is gone at the end of the test. */
export async function newDatabaseUrl(): Promise<string> {
  if (cluster) return cluster.createDatabase();
  const home = mkdtempSync(join(tmpdir(), 'reeve-market-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return join(home, 'reeve.db');
}

/** Closed at the end of the test, if it is not before. */
export async function openedDatabase(url: string): Promise<Database> {
  const database = await openDatabase({ url, migrations, keys });
  onTestFinished(async () => database[Symbol.asyncDispose]());
  return database;
}
