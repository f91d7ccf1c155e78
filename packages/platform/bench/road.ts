import { systemClock, uuidv7 } from '@reeve/kernel';
import { defineOperation, Name } from '@reeve/kernel';
import { z } from 'zod';
import type { Database, StatementResult } from '../src/database/index.ts';
import { createLogger, type Logger } from '../src/log/index.ts';
import { createMetrics } from '../src/metrics/index.ts';
import { bind, createRoad, type Caller, type Road, type RoadRequest } from '../src/operations/index.ts';

// What the road costs per write without guards, beyond validating its input and committing its effect: admission,
// passage, audit draft, deadline, metrics and log. The floor validates, runs the same handler and commits the same unit;
// commits resolve at once, so that neither the disk nor the writer's thread is in the figures.
// `node --conditions=reeve-source packages/platform/bench/road.ts [--rounds 7] [--json]`

const create = defineOperation({
  name: 'tasks.create',
  summary: 'Submit',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/tasks', status: 201 },
  input: z.object({
    kind: z.string().min(1).max(100).default('task'),
    requires: z.array(z.object({ name: Name, minProficiency: z.number().min(0).max(1).default(0) })).min(1),
    priority: z.enum(['critical', 'high', 'medium', 'low']).default('medium'),
    maxAttempts: z.int().min(1).max(100).optional(),
  }),
  output: z.object({ id: z.string() }),
});
const raw = { requires: [{ name: 'pdf.extract', minProficiency: 0.8 }], priority: 'high' };
const caller: Caller = { identity: 'key:abcdefghijkl', tenant: 'bench', permissions: ['tasks:*'] };
const iterations = 20_000;

type Way = () => Promise<unknown>;

function commitsAtOnce(): Database {
  const committed: readonly StatementResult[] = [];
  return { commit: () => Promise.resolve(committed) } as unknown as Database;
}

function quietLog(level: 'info' | 'error'): Logger {
  return createLogger({ level, destination: { write: () => undefined } });
}

const handler = async (_input: unknown, commit: (unit: { statements: [] }, answer: unknown) => Promise<unknown>) => {
  const answer = { id: uuidv7() };
  await commit({ statements: [] }, answer);
  return answer;
};

function floor(): Way {
  const database = commitsAtOnce();
  return () => handler(create.input.parse(raw), (unit) => database.commit(unit));
}

function road(log: Logger): { way: Way; withKey: Way; made: Road } {
  const limit = { capacity: 1e9, perSecond: 1e9 };
  const database = { ...commitsAtOnce(), read: () => Promise.resolve([]) } as unknown as Database;
  const made = createRoad({
    database,
    clock: systemClock,
    log,
    metrics: createMetrics({ defaultMetrics: false }),
    limits: { identity: limit, anonymous: limit },
  });
  const bound = bind(create, (input, call) => handler(input, (unit, answer) => call.commit(unit, answer)) as never);
  const headers = { header: () => undefined };
  const { signal } = new AbortController();
  const request = (idempotencyKey?: string): RoadRequest => ({
    caller,
    credentialSent: true,
    address: '127.0.0.1',
    correlationId: 'bench',
    signal,
    headers,
    idempotencyKey,
  });
  return {
    made,
    way: () => made.invoke(bound, raw, request()),
    withKey: () => made.invoke(bound, raw, request(uuidv7())),
  };
}

/** Microseconds of this thread per passage. */
async function measure(way: Way): Promise<number> {
  const before = process.cpuUsage();
  for (let batch = 0; batch < iterations / 50; batch++) await Promise.all(Array.from({ length: 50 }, way));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / iterations;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

const roundsAt = process.argv.indexOf('--rounds');
const rounds = roundsAt < 0 ? 7 : Number(process.argv[roundsAt + 1]);
const quiet = road(quietLog('error'));
const logging = road(quietLog('info'));
const ways: Record<string, Way> = {
  'floor: validate, handler, commit': floor(),
  'road, log at error': quiet.way,
  'road, log at info': logging.way,
  'road with an idempotency key, log at info': logging.withKey,
};
const figures = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
for (const way of Object.values(ways)) await measure(way);
for (let round = 0; round < rounds; round++)
  for (const [name, way] of Object.entries(ways)) figures.get(name)!.push(await measure(way));

const floorUs = median([...figures.values()][0]!);
const rows = [...figures].map(([name, values]) => ({
  name,
  medianUs: Number(median(values).toFixed(2)),
  minUs: Number(Math.min(...values).toFixed(2)),
  maxUs: Number(Math.max(...values).toFixed(2)),
  aboveFloorUs: Number((median(values) - floorUs).toFixed(2)),
}));
process.stdout.write(
  process.argv.includes('--json')
    ? `${JSON.stringify({ node: process.version, rounds, iterations, rows }, null, 2)}\n`
    : rows
        .map((row) => `${row.name.padEnd(46)} ${row.medianUs} µs (${row.minUs}–${row.maxUs}), +${row.aboveFloorUs}\n`)
        .join(''),
);
await quiet.made[Symbol.asyncDispose]();
await logging.made[Symbol.asyncDispose]();
