import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { uuidv7 } from '@reeve/kernel';
import { writeResult } from '../../../bench/harness/results.ts';
import { measureRounds, quantileOf, type Contestant, type Measurement } from '../../../bench/harness/rounds.ts';
import { openSqlite, platformMigrations, statementsFor, type Database, type Migration } from '../src/database/index.ts';

// Units of work per second through the embedded database: one insert and one event each, synchronous FULL, with so many
// in flight. The floor is `node:sqlite` in the thread that measures: the same rows, groups of the size that the store
// makes of that load, nothing else; it has no queue, so its latency is that of a whole group.
// `node --conditions=reeve-source packages/platform/bench/commit.ts [--rounds 7] [--seconds 1] [--json] [--write]`

interface Schema {
  bench_rows: { id: string; tenant: string; kind: string; priority: number; input: string; state: string };
}

const table = `CREATE TABLE bench_rows (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL,
  priority INTEGER NOT NULL, input TEXT NOT NULL, state TEXT NOT NULL) STRICT, WITHOUT ROWID`;
const benchTables: Migration = { package: 'bench', number: 1, name: 'rows', up: [table] };
const insertRow = statementsFor<Schema>().statement<Omit<Schema['bench_rows'], 'state'>>((db, p) =>
  db
    .insertInto('bench_rows')
    .values({ id: p.id, tenant: p.tenant, kind: p.kind, priority: p.priority, input: p.input, state: 'queued' }),
);
const input = JSON.stringify({ text: 'forty characters of input for this task' });
const groupUnits = 500;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const forMs = Number(flags.seconds) * 1_000;

function reeve(db: Database, inFlight: number): Contestant {
  const about = `one insert and one event a unit, ${inFlight} in flight, WAL, synchronous FULL`;
  return { name: 'reeve', about, measure: () => measureStore(db, inFlight) };
}

async function measureStore(db: Database, inFlight: number) {
  const latenciesMs: number[] = [];
  const before = db.status();
  const startedMs = performance.now();
  const submit = async (): Promise<void> => {
    for (let sentMs = startedMs; sentMs < startedMs + forMs;) {
      await commitOne(db);
      const nowMs = performance.now();
      latenciesMs.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, submit));
  const elapsedMs = performance.now() - startedMs;
  const after = db.status();
  return {
    ...rates(latenciesMs, after.units - before.units, elapsedMs),
    unitsPerCommit: (after.units - before.units) / (after.commits - before.commits),
  };
}

function commitOne(db: Database): Promise<unknown> {
  const id = uuidv7();
  return db.commit({
    statements: [insertRow.bind({ id, tenant: 'bench', kind: 'echo', priority: 5, input })],
    events: [{ type: 'task.queued', tenant: 'bench', subject: `task:${id}`, data: { kind: 'echo' } }],
  });
}

function bareSqlite(path: string, inFlight: number): Contestant {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768');
  db.exec(`${table}; CREATE TABLE segments (id INTEGER PRIMARY KEY, events TEXT NOT NULL) STRICT`);
  const group = Math.min(inFlight, groupUnits);
  const insert = db.prepare('INSERT INTO bench_rows VALUES (?, ?, ?, ?, ?, ?)');
  const segment = db.prepare('INSERT INTO segments (events) VALUES (?)');
  const commitGroup = (): void => {
    const events: string[] = [];
    db.exec('BEGIN IMMEDIATE');
    for (let unit = 0; unit < group; unit++) {
      const id = uuidv7();
      insert.run(id, 'bench', 'echo', 5, input, 'queued');
      events.push(
        JSON.stringify({ type: 'task.queued', tenant: 'bench', subject: `task:${id}`, data: { kind: 'echo' } }),
      );
    }
    segment.run(`[${events.join(',')}]`);
    db.exec('COMMIT');
  };
  const about = `bare node:sqlite in one thread, the same rows in groups of ${group}, WAL, synchronous FULL`;
  return { name: 'bare node:sqlite (floor)', about, measure: () => measureBare(commitGroup, group) };
}

async function measureBare(commitGroup: () => void, group: number) {
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  while (performance.now() < startedMs + forMs) {
    const sentMs = performance.now();
    commitGroup();
    latenciesMs.push(performance.now() - sentMs);
  }
  return rates(latenciesMs, latenciesMs.length * group, performance.now() - startedMs);
}

function rates(latenciesMs: readonly number[], units: number, elapsedMs: number) {
  return {
    unitsPerSecond: (units * 1_000) / elapsedMs,
    p50Ms: quantileOf(latenciesMs, 0.5),
    p99Ms: quantileOf(latenciesMs, 0.99),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
try {
  await using db = await openSqlite({
    path: join(folder, 'bench.db'),
    migrations: [...platformMigrations, benchTables],
  });
  const measurements: Record<string, Measurement> = {};
  for (const inFlight of [1, 64, 1_000]) {
    const contestants = [bareSqlite(join(folder, `floor-${inFlight}.db`), inFlight), reeve(db, inFlight)];
    measurements[`inFlight${inFlight}`] = await measureRounds(contestants, Number(flags.rounds));
  }
  const rows = Object.values(measurements).flatMap((measurement) => measurement.rows);
  if (flags.json) console.log(JSON.stringify(measurements, undefined, 2));
  else
    console.table(
      rows.map(({ name, about, median, ratio }) => ({ name, about, ...median, toFloor: ratio['unitsPerSecond'] })),
    );
  if (flags.write) writeResult('commit', measurements);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
