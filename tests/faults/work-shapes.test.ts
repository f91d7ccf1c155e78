import { setTimeout as pause } from 'node:timers/promises';
import type { MapResult, MapRun, WorkflowRun } from '@reeve/hub/api';
import { connectAgent, createClient } from '@reeve/sdk';
import { expect, test } from 'vitest';
import { needs } from '../house/needs.ts';
import { eventually } from './system/eventually.ts';
import { HubHome } from './system/hub-process.ts';

const items = Array.from({ length: 240 }, (_, item) => item);
const workflowCount = 6;

interface Asked {
  readonly items?: readonly number[];
  readonly say?: string;
  readonly fail?: boolean;
}

test(
  '[HB-05 ordered] [HB-10 order compensation] maps and workflows go on to their end over kills of the hub in the middle',
  { ...needs('minutes'), timeout: 120_000 },
  async () => {
    await using home = await HubHome.create({ settings: { HUB_LEASE_TTL_MS: '1500', HUB_HEARTBEAT_MS: '300' } });
    let hub = await home.start();
    const said: string[] = [];
    const work = async (input: unknown): Promise<unknown> => {
      const { items: squared, say = '', fail = false } = input as Asked;
      await pause(15);
      if (squared) return squared.map((item) => item * item);
      said.push(say);
      if (fail) throw Object.assign(new Error('told to fail'), { retryable: false });
      return say;
    };
    const { url, keys } = home;
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const reconnect = { initialDelayMs: 25, maxDelayMs: 100 };
    const offer = { name: 'worker', slots: 4, capabilities: [{ name: 'work' }] };
    const agent = await connectAgent({ url, apiKey: keys.apiKey, offer, handler: work, reconnect, log: quiet });
    try {
      const requires = [{ name: 'work' }];
      const map = await home.api.post<MapRun>('/v1/maps', { requires, items, initialChunkItems: 4, maxChunkItems: 4 });
      const workflows: WorkflowRun[] = [];
      for (let n = 0; n < workflowCount; n++) {
        const task = (say: string, fail = false) => ({ requires, input: { say: `${n} ${say}`, fail } });
        const nodes = [
          { name: 'a', task: task('a'), compensate: task('undo a') },
          { name: 'b', dependsOn: ['a'], task: task('b'), compensate: task('undo b') },
          { name: 'c', dependsOn: ['b'], task: task('c', n % 2 === 1) },
        ];
        workflows.push(await home.api.post<WorkflowRun>('/v1/workflows', { nodes }));
      }
      for (const done of [40, 100, 180]) {
        await eventually('some of it is done', async () => {
          const { items: seen } = await home.api.get<MapRun>(`/v1/maps/${map.id}`);
          return seen.done >= done ? true : undefined;
        });
        expect((await hub.kill()).signal).toBe('SIGKILL');
        hub = await home.start();
      }
      const ended = await Promise.all(
        workflows.map(({ id }) =>
          eventually(
            'the workflow has ended',
            async () => {
              const run = await home.api.get<WorkflowRun>(`/v1/workflows/${id}`);
              return run.state !== 'running' && run.compensation !== 'running' ? run : undefined;
            },
            { withinMs: 25_000 },
          ),
        ),
      );
      const client = createClient({ url, apiKey: keys.apiKey });
      const lines: MapResult[] = [];
      for await (const line of client.maps.results(map.id)) lines.push(line);

      expect(lines.slice(0, -1)).toEqual(items.map((item) => ({ item, result: item * item })));
      expect(lines.at(-1)).toEqual({ end: { state: 'succeeded', nextItem: items.length } });
      ended.forEach(({ state, compensation }, n) => {
        const fails = n % 2 === 1;
        expect([state, compensation]).toEqual(fails ? ['failed', 'done'] : ['succeeded', 'none']);
        const first = ['a', 'b', 'c', 'undo b', 'undo a'].map((say) => said.indexOf(`${n} ${say}`));
        expect(first.slice(0, 3)).toEqual(first.slice(0, 3).toSorted((x, y) => x - y));
        expect(first.slice(3)).toEqual(fails ? first.slice(3).toSorted((x, y) => x - y) : [-1, -1]);
        if (fails) expect(first[3]).toBeGreaterThan(first[2]!);
      });
    } finally {
      await agent.stop({ drain: false });
    }
  },
);
