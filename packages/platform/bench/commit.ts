import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@reeve/kernel';
import { openSqlite, platformMigrations, statementsFor, type Database, type Migration } from '../src/database/index.ts';

// Units of work per second through the embedded database: one insert and one event each, synchronous FULL.
// `node --conditions=reeve-source packages/platform/bench/commit.ts [--seconds 3] [--json]`

interface Schema {
  bench_rows: { id: string; tenant: string; kind: string; priority: number; input: string; state: string };
}

const benchTables: Migration = {
  package: 'bench',
  number: 1,
  name: 'rows',
  up: [
    `CREATE TABLE bench_rows (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL,
      input TEXT NOT NULL, state TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};

const { statement } = statementsFor<Schema>();
const insertRow = statement<{ id: string; tenant: string; kind: string; priority: number; input: string }>((db, p) =>
  db
    .insertInto('bench_rows')
    .values({ id: p.id, tenant: p.tenant, kind: p.kind, priority: p.priority, input: p.input, state: 'queued' }),
);
const input = JSON.stringify({ text: 'forty characters of input for this task' });

interface Figures {
  readonly inFlight: number;
  readonly unitsPerSecond: number;
  readonly unitsPerCommit: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicrosecondsPerUnit: number;
}

async function measure(db: Database, inFlight: number, seconds: number): Promise<Figures> {
  const latenciesMs: number[] = [];
  const before = db.status();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1_000;
  const submit = async (): Promise<void> => {
    while (performance.now() < endAt) {
      const sentAt = performance.now();
      await commitOne(db);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, submit));
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const after = db.status();
  const units = after.units - before.units;
  latenciesMs.sort((a, b) => a - b);
  return {
    inFlight,
    unitsPerSecond: Math.round((units * 1_000) / elapsedMs),
    unitsPerCommit: Number((units / (after.commits - before.commits)).toFixed(1)),
    p50Ms: Number(latenciesMs[Math.floor(latenciesMs.length / 2)]!.toFixed(3)),
    p99Ms: Number(latenciesMs[Math.floor(latenciesMs.length * 0.99)]!.toFixed(3)),
    cpuMicrosecondsPerUnit: Number(((cpu.user + cpu.system) / units).toFixed(2)),
  };
}

function commitOne(db: Database): Promise<unknown> {
  const id = uuidv7();
  return db.commit({
    statements: [insertRow.bind({ id, tenant: 'bench', kind: 'echo', priority: 5, input })],
    events: [{ type: 'task.queued', tenant: 'bench', subject: `task:${id}`, data: { kind: 'echo' } }],
  });
}

function argument(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
try {
  await using db = await openSqlite({
    path: join(folder, 'bench.db'),
    migrations: [...platformMigrations, benchTables],
  });
  const seconds = argument('seconds', 3);
  await measure(db, 1_000, 1);
  const rows: Figures[] = [];
  for (const inFlight of [1, 64, 1_000]) rows.push(await measure(db, inFlight, seconds));
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version };
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ name: 'commit', synchronous: 'full', machine, rows }, null, 2));
  else console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
