import { connectAgent } from '@reeve/sdk';
import { Pool } from 'undici';
import { startHub } from '../harness/processes.ts';
import { payload, type QueuePeer } from './peer.ts';
import { isWorker, reporter, startWorker } from './worker-process.ts';

const task = { requires: [{ name: 'bench.echo' }], input: payload };
const slots = 4_000;

/** The hub as a peer among others: over HTTP, with everything on. */
export function start(): Promise<QueuePeer> {
  return startOn('reeve', 'SQLite, synchronous FULL', {});
}

/** @param env what the hub is told of its database. */
export async function startOn(name: string, database: string, env: Record<string, string>): Promise<QueuePeer> {
  const hub = await startHub(env);
  const worker = await startWorker(import.meta.filename, { REEVE_URL: hub.url, REEVE_API_KEY: hub.apiKey });
  const pool = new Pool(hub.url, { connections: 64, pipelining: 1 });
  const headers = { authorization: `Bearer ${hub.apiKey}`, 'content-type': 'application/json' };
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${answer.statusCode}: ${text}`);
  };
  const open = async (): Promise<number> => {
    const answer = await pool.request({ method: 'GET', path: '/v1/status', headers });
    const { tasks } = (await answer.body.json()) as { tasks: Record<string, number> };
    return Object.values(tasks).reduce((sum, count) => sum + count, 0);
  };
  return {
    name,
    about: `${database}, keys, limits, audit and events on; HTTP, batches of 1000; one agent, ${slots} slots`,
    worker,
    submit: () => post('/v1/tasks', task),
    submitMany: (count) => post('/v1/tasks/batch', { tasks: Array.from({ length: count }, () => task) }),
    async settled() {
      while ((await open()) > 0);
    },
    async stop() {
      await worker.stop();
      await pool.close();
      await hub.stop();
    },
  };
}

if (isWorker) {
  const { ready, ran } = reporter();
  const agent = await connectAgent({
    url: process.env['REEVE_URL']!,
    apiKey: process.env['REEVE_API_KEY']!,
    offer: { name: 'echo', capabilities: [{ name: 'bench.echo' }], slots },
    handler: async (input) => {
      ran();
      return input;
    },
  });
  process.on('SIGTERM', () => void agent.stop().then(() => process.exit(0)));
  ready();
}
