import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { openDatabase } from '@reeve/platform';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { postgresFaults, seriesOf, sqliteFaults, type Planned } from '../../../../tests/house/plans.ts';
import { connectTo, PostgresCluster } from '../../../../tests/house/postgres.ts';
import { selectTaskPage } from '../../src/store/read-tasks.ts';
import { migrations } from '../kit/new-database.ts';

const large = ['tasks', 'task_inputs', 'task_keys'];
const rows = 1_000_000;

/** A million tasks as they lie about after some time: most have ended, a thousand wait, some are dead. */
function fill(kind: 'sqlite' | 'postgres'): string[] {
  const series = seriesOf(kind, rows);
  const state = `CASE WHEN n > ${rows - 1_000} THEN 'queued' WHEN n % 100 = 0 THEN 'dead' ELSE 'succeeded' END`;
  return [
    `INSERT INTO tasks (seq, id, tenant, kind, state, live, attached, priority, requires, constraints, labels, attempt,
      max_attempts, timeout_ms, backoff, fence, submitted_at_ms)
      ${series} SELECT n, 'id-' || n, 'tenant-' || (n % 20), 'kind', ${state},
      CASE WHEN n > ${rows - 1_000} THEN 1 WHEN n % 100 = 0 THEN 0 END, 0, 2, '[{"name":"echo"}]', '{}', '{}', 1, 3, 1000, '', n, n FROM series`,
    `INSERT INTO task_inputs (seq, input) ${series} SELECT n, '{}' FROM series`,
    `INSERT INTO task_keys (tenant, key, task_id, body_hash)
      ${series} SELECT 'tenant-' || (n % 20), 'key-' || n, 'id-' || n, 'hash' FROM series`,
    'ANALYZE',
  ];
}

/** Every statement that the store has, and the lists whose shape depends on the request. */
async function plannedStatements(): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const file of globSync('packages/hub/src/store/*.ts')) {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(module)) if (isStatement(value)) planned.push({ name, sql: value.sql });
  }
  const filter = { tenant: 'tenant-1', before: rows, limit: 50, nowMs: 1 };
  const pages = { page: filter, dead: { ...filter, state: 'dead' }, queued: { ...filter, state: 'queued' } } as const;
  for (const [name, of] of Object.entries(pages)) planned.push({ name, ...selectTaskPage(of) });
  return planned;
}

function isStatement(value: unknown): value is { sql: string } {
  return typeof value === 'object' && value !== null && 'bind' in value && 'sql' in value;
}

test(
  '[HB-15 plans] [FD-06 indexes] on SQLite every statement of the hub finds its way by an index among a million rows',
  { ...needs('minutes'), timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reeve-plans-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'reeve.db');
    await (await openDatabase({ url: path, migrations }))[Symbol.asyncDispose]();
    using db = new DatabaseSync(path);
    for (const statement of fill('sqlite')) db.exec(statement);
    const planned = await plannedStatements();
    expect(planned.length).toBeGreaterThan(20);
    const touching = planned.filter(({ sql }) => large.some((table) => sql.includes(`"${table}"`)));
    expect(touching.flatMap((each) => sqliteFaults(db, each))).toEqual([]);
  },
);

test(
  '[HB-15 plans] [FD-06 indexes] on PostgreSQL every statement of the hub finds its way by an index among a million rows',
  { ...needs('postgres', 'minutes'), timeout: 600_000 },
  async () => {
    const cluster = await PostgresCluster.start({ fsync: false });
    onTestFinished(() => cluster.stop());
    const url = await cluster.createDatabase();
    await (await openDatabase({ url, migrations }))[Symbol.asyncDispose]();
    const client = await connectTo(url);
    for (const statement of fill('postgres')) await client.query(statement);
    const faults: string[] = [];
    for (const each of await plannedStatements()) faults.push(...(await postgresFaults(client, large, each)));
    await client.end();
    expect(faults).toEqual([]);
  },
);
