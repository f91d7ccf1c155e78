/** The whole hub on a PostgreSQL server that fails and comes back while everybody is at work. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CutProxy } from '../house/cut-proxy.ts';
import { needs } from '../house/needs.ts';
import { PostgresCluster } from '../house/postgres.ts';
import { AgentProcesses } from './system/agent-process.ts';
import { eventually } from './system/eventually.ts';
import { HubHome } from './system/hub-process.ts';
import { allEvents, allTasks, liveTasks } from './system/tasks.ts';

const count = 300;

interface Fault {
  /** Of the database that the hub is given. */
  readonly url: string;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** Submits a task under a key of its own, again and again until it is acknowledged. @returns its id. */
async function submit(home: HubHome, number: number): Promise<string> {
  const body = { requires: [{ name: 'act' }], input: { number, runMs: number % 30 }, idempotencyKey: `task-${number}` };
  return eventually(`task ${number} is acknowledged`, async () => {
    const { status, body: answer } = await home.api.send<{ id: string }>('POST', '/v1/tasks', body);
    if (status < 500) expect(status).toBe(201);
    return status === 201 ? answer.id : undefined;
  });
}

/** Several submitters at once, each with every so many of the tasks. */
async function submitAll(home: HubHome, ids: string[]): Promise<void> {
  const submitters = 4;
  const work = async (first: number): Promise<void> => {
    for (let number = first; number < count; number += submitters) ids.push(await submit(home, number));
  };
  await Promise.all(Array.from({ length: submitters }, (_, first) => work(first)));
}

describe('a PostgreSQL server that fails under the load of a whole hub', needs('postgres'), () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(() => cluster.stop());

  const faults: Record<string, () => Promise<Fault>> = {
    'is killed and started again': async () => ({
      url: await cluster.createDatabase(),
      begin: () => cluster.killServer(),
      end: () => cluster.startServer(),
    }),
    'is cut off whenever it has committed': async () => {
      const proxy = await CutProxy.before(cluster.port);
      return {
        url: proxy.url(await cluster.createDatabase()),
        async begin() {
          proxy.scissors = (piece, from) =>
            from === 'server' && piece.includes('COMMIT\0') && Math.random() < 0.3 ? 'cut' : 'pass';
        },
        async end() {
          proxy.scissors = () => 'pass';
        },
      };
    },
    'is read-only for a while': async () => ({
      url: await cluster.createDatabase(),
      async begin() {
        await cluster.execute('ALTER SYSTEM SET default_transaction_read_only = on');
        await cluster.execute('SELECT pg_reload_conf()');
      },
      async end() {
        await cluster.execute('ALTER SYSTEM RESET default_transaction_read_only');
        await cluster.execute('SELECT pg_reload_conf()');
      },
    }),
  };

  test.for(Object.entries(faults))(
    '[HB-08 exactly-once at-least-once] [HB-09 idempotency] [LD-12 postgres] that %s: nothing acknowledged is lost, nothing is doubled',
    { timeout: 120_000 },
    async ([, prepare]) => {
      const fault = await prepare();
      await using home = await HubHome.create({ settings: { DATABASE_URL: fault.url } });
      const hub = await home.start();
      await using agents = new AgentProcesses(home);
      await agents.start({ name: 'worker', slots: 20, capabilities: ['act'] });
      const ids: string[] = [];
      const submitted = submitAll(home, ids);
      await eventually('it is in the middle of it', () => ids.length > count / 10 || undefined);
      await fault.begin();
      await pause(2_000);
      await fault.end();
      await submitted;
      await eventually('all are done', async () => ((await liveTasks(home.api)) === 0 ? true : undefined), {
        withinMs: 60_000,
      });
      expect(hub.exit, 'it never ended').toBeUndefined();

      const tasks = await allTasks(home.api);
      expect(tasks.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(new Set(ids).size).toBe(count);
      expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['succeeded']));
      const successes = (await allEvents(home.api)).filter(({ type }) => type === 'task.succeeded');
      expect(successes.map(({ subject }) => subject).toSorted()).toEqual(ids.map((id) => `task:${id}`).toSorted());
      expect(await home.api.get('/v1/audit/verify')).toMatchObject({ ok: true });
    },
  );
});
