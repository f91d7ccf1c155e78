/**
 * Many waiting tasks: what one costs in the hub's memory beyond its input, and how long a restart takes from the start of
 * the process to the first task in a handler.
 *
 *     npm run bench -- scale [--rounds 3] [--tasks 1000000]
 */
import { parseArgs } from 'node:util';
import { connectAgent } from '@reeve/sdk';
import { Pool } from 'undici';
import { newHome, startHub, type RunningHub } from './harness/processes.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, type Figures } from './harness/rounds.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, tasks: { type: 'string', default: '1000000' } },
});
const taskCount = Number(values.tasks);
const batchSize = 1_000;
const task = { requires: [{ name: 'bench.scale' }], input: { n: 1 }, allowUnknown: true };
/** Long enough for what submissions left behind to be collected. */
const settleMs = 5_000;

async function fill({ url, apiKey }: RunningHub): Promise<void> {
  const pool = new Pool(url, { connections: 4 });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ tasks: Array.from({ length: batchSize }, () => task) });
  let left = taskCount / batchSize;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (left-- > 0) {
        const answer = await pool.request({ method: 'POST', path: '/v1/tasks/batch', headers, body });
        const text = await answer.body.text();
        if (answer.statusCode >= 300) throw new Error(`${answer.statusCode}: ${text.slice(0, 500)}`);
      }
    }),
  );
  await pool.close();
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs));

/** From the start of the process to the first line of a handler, whose agent tries to connect all the while. */
async function restart(env: Record<string, string>): Promise<{ hub: RunningHub; firstDispatchMs: number }> {
  const startedMs = performance.now();
  const hub = await startHub(env);
  const readyMs = performance.now() - startedMs;
  const began = Promise.withResolvers<number>();
  const agent = await connectAgent({
    url: hub.url,
    apiKey: hub.apiKey,
    offer: { name: 'scale', capabilities: [{ name: 'bench.scale' }], slots: 1 },
    handler: async () => began.resolve(performance.now() - startedMs),
  });
  const firstDispatchMs = await began.promise;
  process.stderr.write(`ready after ${Math.round(readyMs)} ms, first task after ${Math.round(firstDispatchMs)} ms\n`);
  await agent.stop({ drain: false });
  return { hub, firstDispatchMs };
}

async function measure(): Promise<Figures> {
  using home = newHome();
  const env = { REEVE_HOME: home.path, REEVE_HUB_MAX_QUEUED_TASKS: String(4 * taskCount) };
  const hub = await startHub(env);
  await settled();
  const idleBytes = hub.residentBytes();
  await fill(hub);
  await settled();
  const bytesPerTask = (hub.residentBytes() - idleBytes) / taskCount - JSON.stringify(task.input).length;
  await hub.stop();
  const again = await restart(env);
  await settled();
  const restartedBytesPerTask = (again.hub.residentBytes() - idleBytes) / taskCount;
  await again.hub.stop();
  return { bytesPerTask, restartedBytesPerTask, firstDispatchMs: again.firstDispatchMs };
}

const about = `${taskCount} waiting tasks of one class, SQLite; resident memory over that of the idle hub, less the input; orderly stop, then a start with an agent`;
const scale = await measureRounds([{ name: 'reeve', about, measure }], Number(values.rounds));
writeResult('scale', { scale });
