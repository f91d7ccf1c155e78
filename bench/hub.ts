/**
 * The hub's own rows of the table: bulk, one by one from 64 clients over HTTP, and the time until an idle hub's agent
 * has a task. Embedded database, synchronous FULL, everything on (audit, events, keys, limits); or PostgreSQL with
 * synchronous_commit, on a private server that is started for it.
 *
 *     npm run bench -- hub [--rounds 7] [--tasks 50000] [--only bulk,single,pickup] [--database postgres]
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { connectAgent } from '@reeve/sdk';
import { Pool } from 'undici';
import { PostgresCluster } from '../tests/house/postgres.ts';
import { startBulkFloor } from './floors/bulk-loop.ts';
import { cpuMsOf, start, startHub, type Measured, type RunningHub } from './harness/processes.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, quantileOf, type Contestant, type Figures, type Measurement } from './harness/rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    tasks: { type: 'string', default: '50000' },
    only: { type: 'string', default: 'bulk,single,pickup' },
    database: { type: 'string', default: 'sqlite' },
  },
});
const rounds = Number(values.rounds);
const taskCount = Number(values.tasks);
const batchSize = 1_000;
const clients = 64;
const task = { requires: [{ name: 'bench.echo' }], input: { n: 1 } };

interface Setup {
  readonly hub: RunningHub;
  readonly agent: Measured;
  readonly pool: Pool;
  readonly headers: Record<string, string>;
}

async function startSetup(): Promise<Setup> {
  const hub = await startHub(cluster ? { REEVE_DATABASE_URL: await cluster.createDatabase() } : {});
  const agent = await start(
    'bench/harness/echo-agent.ts',
    [hub.url, '4000'],
    { REEVE_API_KEY: hub.apiKey },
    (line) => line === 'ready',
  );
  const headers = { authorization: `Bearer ${hub.apiKey}`, 'content-type': 'application/json' };
  return { hub, agent, pool: new Pool(hub.url, { connections: clients, pipelining: 1 }), headers };
}

async function post({ pool, headers }: Setup, path: string, body: string): Promise<void> {
  const answer = await pool.request({ method: 'POST', path, headers, body });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${answer.statusCode}: ${text}`);
}

/** Waits until nothing is live any more: looks every few milliseconds, which costs less than an event each. */
async function untilIdle({ pool, headers }: Setup): Promise<void> {
  for (;;) {
    const answer = await pool.request({ method: 'GET', path: '/v1/status', headers });
    const { tasks } = (await answer.body.json()) as { tasks: Record<string, number> };
    if (Object.values(tasks).every((count) => count === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function reeve(setup: Setup, name: string, about: string, count: number, submit: () => Promise<void>): Contestant {
  return {
    name,
    about,
    async measure() {
      const before = cpuMsOfEach(setup);
      const startedMs = performance.now();
      await submit();
      const submittedMs = performance.now() - startedMs;
      await untilIdle(setup);
      const elapsedMs = performance.now() - startedMs;
      return {
        tasksPerSecond: (count * 1_000) / elapsedMs,
        acknowledgedPerSecond: (count * 1_000) / submittedMs,
        ...cpuPerTask(before, cpuMsOfEach(setup), count),
      };
    },
  };
}

/** CPU time so far of each part of the system. */
function cpuMsOfEach({ hub, agent }: Setup): Figures {
  return { hub: hub.cpuMs(), agent: agent.cpuMs(), ...(cluster && { server: cpuMsOf(cluster.processId) }) };
}

function cpuPerTask(before: Figures, after: Figures, count: number): Figures {
  const spent = Object.keys(after).map((part) => [
    `${part}CpuMicrosecondsPerTask`,
    ((after[part]! - before[part]!) * 1_000) / count,
  ]);
  return Object.fromEntries(spent) as Figures;
}

async function bulk(setup: Setup): Promise<Measurement> {
  const floor = await startBulkFloor();
  const body = JSON.stringify({ tasks: Array.from({ length: batchSize }, () => task) });
  const contestants: Contestant[] = [
    {
      name: 'bare loop (floor)',
      about: `SQLite synchronous FULL, one WebSocket worker, ${batchSize} per commit, no HTTP`,
      measure: async () => ({ tasksPerSecond: await floor.run(taskCount, batchSize) }),
    },
    reeve(setup, 'reeve', `HTTP, ${batchSize} tasks per request, 4 requests at once, one agent`, taskCount, () =>
      concurrently(4, taskCount / batchSize, () => post(setup, '/v1/tasks/batch', body)),
    ),
  ];
  const measured = await measureRounds(contestants, rounds);
  await floor.stop();
  return measured;
}

async function single(setup: Setup): Promise<Measurement> {
  const bare = await startBareServer();
  const body = JSON.stringify(task);
  const count = Math.min(taskCount, 10_000);
  const barePool = new Pool(bare.url, { connections: clients, pipelining: 1 });
  const contestants: Contestant[] = [
    {
      name: 'bare node:http (floor)',
      about: `reads and answers the same JSON, ${clients} connections, nothing stored, in the load's own process`,
      async measure() {
        const startedMs = performance.now();
        await concurrently(clients, count, async () => {
          const answer = await barePool.request({ method: 'POST', path: '/', body });
          await answer.body.dump();
        });
        return { tasksPerSecond: (count * 1_000) / (performance.now() - startedMs) };
      },
    },
    reeve(setup, 'reeve', `one task per request, ${clients} clients, each run by the agent`, count, () =>
      concurrently(clients, count, () => post(setup, '/v1/tasks', body)),
    ),
  ];
  const measured = await measureRounds(contestants, rounds);
  await barePool.close();
  bare.close();
  return measured;
}

/** From the moment the request is sent to the first line of the handler, both seen by this process. */
async function pickUp(setup: Setup): Promise<Measurement> {
  const began = new Map<number, () => void>();
  const agent = await connectAgent({
    url: setup.hub.url,
    apiKey: setup.hub.apiKey,
    offer: { name: 'pick-up', capabilities: [{ name: 'bench.pickup' }], slots: 1 },
    handler: async (input) => began.get(input as number)!(),
  });
  let number = 0;
  const contestant: Contestant = {
    name: 'reeve',
    about: 'one task at a time on an idle hub: request sent → handler begins',
    async measure() {
      const waitsMs: number[] = [];
      for (let index = 0; index < 300; index++) {
        const key = ++number;
        const startedMs = performance.now();
        const picked = new Promise<void>((resolve) => {
          began.set(key, () => {
            waitsMs.push(performance.now() - startedMs);
            began.delete(key);
            resolve();
          });
        });
        await post(setup, '/v1/tasks', JSON.stringify({ requires: [{ name: 'bench.pickup' }], input: key }));
        await picked;
        await untilIdle(setup);
      }
      return { p50Ms: quantileOf(waitsMs, 0.5), p99Ms: quantileOf(waitsMs, 0.99) };
    },
  };
  const measured = await measureRounds([contestant], rounds);
  await agent.stop();
  return measured;
}

async function concurrently(workers: number, count: number, act: () => Promise<void>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (left-- > 0) await act();
    }),
  );
}

async function startBareServer(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (data: Buffer) => (text += data.toString()));
    request.on('end', () =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(JSON.parse(text))),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, close: () => server.close() };
}

const cluster = values.database === 'postgres' ? await PostgresCluster.start() : undefined;
const setup = await startSetup();
const wanted = new Set(values.only.split(','));
const measurements: Record<string, Measurement> = {};
if (wanted.has('bulk')) measurements['bulk'] = await bulk(setup);
if (wanted.has('single')) measurements['oneByOne'] = await single(setup);
if (wanted.has('pickup')) measurements['pickUp'] = await pickUp(setup);
await setup.pool.close();
await setup.agent.stop();
await setup.hub.stop();
await cluster?.stop();
if (cluster) writeResult('hub-postgres', measurements, 'npm run bench -- hub --database postgres');
else writeResult('hub', measurements);
