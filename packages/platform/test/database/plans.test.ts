import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { postgresFaults, seriesOf, sqliteFaults, type Planned } from '../../../../tests/house/plans.ts';
import { connectTo, PostgresCluster } from '../../../../tests/house/postgres.ts';
import { findKeyRecord, listKeyRecords } from '../../src/access/store/keys.ts';
import { listRecords, newestSequence, readRecords } from '../../src/audit/store/records.ts';
import { migratePostgres, migrateSqlite, platformMigrations, type BoundStatement } from '../../src/database/index.ts';
import { chainEndQuery, positionEndQuery } from '../../src/database/group/log-end.ts';
import type { Database } from '../../src/database/port.ts';
import { deleteSegmentsUpTo, newestPosition, oldestPosition, readSegments } from '../../src/events/store/segments.ts';
import { findAnswer, keepAnswer, pruneAnswers, settleAnswer } from '../../src/operations/store/idempotency-records.ts';
import { temporaryFolder } from './temporary-database.ts';

const large = ['event_segments', 'audit_records', 'idempotency_records', 'api_keys'];
const rows = 1_000_000;

function fill(kind: 'sqlite' | 'postgres'): string[] {
  const series = seriesOf(kind, rows);
  const hash = kind === 'postgres' ? `'\\x00'::bytea` : `x'00'`;
  return [
    `INSERT INTO event_segments ${series} SELECT n * 2, n * 2 - 1, n, '[]' FROM series`,
    `INSERT INTO audit_records ${series}
      SELECT n, n, 'key:1', 'tenant-' || (n % 20), 'tasks.create', 'done', NULL, 'c', '{}', 'h', 'h' || n FROM series`,
    `INSERT INTO idempotency_records ${series}
      SELECT 'tenant-' || (n % 20), 'tasks.create', 'key-' || n, 'h', 'done', '{}', n FROM series`,
    `INSERT INTO api_keys ${series}
      SELECT 'id-' || n, 'tenant-' || (n % 20), 'name', ${hash}, '[]', 0, n, 'me', NULL, NULL, NULL FROM series`,
    'ANALYZE',
  ];
}

/** What the platform asks, written down instead of asked. */
async function plannedStatements(): Promise<Planned[]> {
  const asked: BoundStatement[] = [
    { sql: positionEndQuery, params: [] },
    { sql: chainEndQuery, params: [] },
  ];
  const read = async (statement: BoundStatement): Promise<never[]> => (asked.push(statement), []);
  const database = { read } as unknown as Database;
  await readSegments(database, 1, 64);
  await newestPosition(database);
  await oldestPosition(database);
  await readRecords(database, 1, 500);
  await newestSequence(database);
  await listRecords(database, 1, rows, 50, { tenant: 'tenant-1' });
  const scope = { tenant: 'tenant-1', operation: 'tasks.create', key: 'key-1' };
  await findAnswer(database, scope);
  await findKeyRecord(database, 'id-1');
  await listKeyRecords(database, { tenant: 'tenant-1', ended: false, nowMs: 1, limit: 50 });
  const stored = { bodyHash: 'h', state: 'done', answer: '{}', expiresAtMs: 2 } as const;
  asked.push(deleteSegmentsUpTo(1), keepAnswer(scope, stored, 1), settleAnswer(scope), pruneAnswers(1, 100));
  return asked.map(({ sql, params }) => ({ name: sql, sql, params }));
}

test(
  '[HB-15 plans] [FD-06 indexes] on SQLite every hot statement of the platform finds its way by an index among a million rows',
  { ...needs('minutes'), timeout: 600_000 },
  async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    migrateSqlite(path, platformMigrations, 1);
    using db = new DatabaseSync(path);
    for (const statement of fill('sqlite')) db.exec(statement);
    expect((await plannedStatements()).flatMap((each) => sqliteFaults(db, each))).toEqual([]);
  },
);

test(
  '[HB-15 plans] [FD-06 indexes] on PostgreSQL every hot statement of the platform finds its way by an index among a million rows',
  { ...needs('postgres', 'minutes'), timeout: 600_000 },
  async () => {
    const cluster = await PostgresCluster.start({ fsync: false });
    onTestFinished(() => cluster.stop());
    const url = await cluster.createDatabase();
    await migratePostgres(url, platformMigrations, 1);
    const client = await connectTo(url);
    for (const statement of fill('postgres')) await client.query(statement);
    const faults: string[] = [];
    for (const each of await plannedStatements()) faults.push(...(await postgresFaults(client, large, each)));
    await client.end();
    expect(faults).toEqual([]);
  },
);
