import { expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { createClient } from '@reeve/sdk';
import { AgentProcesses } from './system/agent-process.ts';
import { HubHome } from './system/hub-process.ts';
import { allEvents, type Status } from './system/tasks.ts';

const settings = { HUB_LEASE_TTL_MS: '2000', HUB_HEARTBEAT_MS: '500' };

async function done({ api }: HubHome, { id }: Task): Promise<Task> {
  const task = await api.get<Task>(`/v1/tasks/${id}?waitMs=15000`);
  expect(task.state).toBe('succeeded');
  return task;
}

test('[HB-08 fence] [LD-03 lease] [HB-13 sse resume] fences go on growing over starts of the hub, however it ended; who follows the events misses none', async () => {
  await using home = await HubHome.create({ settings });
  let hub = await home.start();
  await using agents = new AgentProcesses(home);
  await agents.start({ name: 'worker', slots: 1, capabilities: ['act'] });
  await using reader = follow(home);
  const run = async (): Promise<number> =>
    (await done(home, await home.api.post<Task>('/v1/tasks', { requires: [{ name: 'act' }], input: { number: 1 } })))
      .fence!;
  const fences = [await run()];
  for (const end of ['SIGKILL', 'SIGTERM'] as const) {
    hub.signal(end);
    await hub.exited;
    hub = await home.start();
    fences.push(await run());
  }
  expect(fences).toEqual(fences.toSorted((a, b) => a - b));
  expect(new Set(fences).size).toBe(3);
  const all = (await allEvents(home.api)).map(({ position }) => position);
  await expect.poll(() => reader.positions).toEqual(all);
});

/** Follows the log from its beginning, over every end of the hub. */
function follow({ url, keys }: HubHome): AsyncDisposable & { readonly positions: readonly number[] } {
  const aborter = new AbortController();
  const positions: number[] = [];
  const { follow: events } = createClient({ url, apiKey: keys.ownerKey, retry: { initialDelayMs: 20, factor: 1 } });
  const reading = (async () => {
    for await (const { position } of events({ after: 0, signal: aborter.signal })) positions.push(position);
  })();
  reading.catch(() => {}); // told when it is disposed of
  return {
    positions,
    async [Symbol.asyncDispose]() {
      aborter.abort();
      await reading;
    },
  };
}

test('[HB-08 survives-kill exactly-once] an agent that was at work when the hub was killed goes on, and its result counts; what waited waits again', async () => {
  await using home = await HubHome.create({ settings });
  const hub = await home.start();
  await using agents = new AgentProcesses(home);
  await agents.start({ name: 'worker', slots: 2, capabilities: ['act'] });
  const body = { requires: [{ name: 'act' }], input: { number: 1, runMs: 2_500 } };
  const tasks = await Promise.all([home.api.post<Task>('/v1/tasks', body), home.api.post<Task>('/v1/tasks', body)]);
  const leased = async ({ id }: Task): Promise<boolean> =>
    (await home.api.get<Task>(`/v1/tasks/${id}`)).state === 'leased';
  const later = { requires: [{ name: 'later' }], allowUnknown: true, input: { number: 2 } };
  const waiting = await home.api.post<Task>('/v1/tasks', later);
  await expect.poll(async () => (await Promise.all(tasks.map(leased))).every(Boolean)).toBe(true);
  await hub.kill();
  await home.start();
  expect((await home.api.get<Status>('/v1/status')).tasks.waiting).toBe(1);
  await agents.start({ name: 'late', slots: 1, capabilities: ['later'] });
  expect(await done(home, waiting)).toMatchObject({ attempt: 1 });
  for (const task of tasks) expect(await done(home, task)).toMatchObject({ attempt: 1 });
  const began = agents.journal().filter(({ what }) => what === 'began');
  expect(began, 'nothing ran twice').toHaveLength(3);
});
