import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Event, Task } from '@reeve/hub/api';
import { AgentProcesses } from './system/agent-process.ts';
import { eventually } from './system/eventually.ts';
import { HubHome } from './system/hub-process.ts';
import { allEvents } from './system/tasks.ts';

const leaseTtlMs = 1_000;
const settings = { HUB_LEASE_TTL_MS: `${leaseTtlMs}`, HUB_HEARTBEAT_MS: '250' };
/** Leases are looked at ten times a second; the rest of the allowance is for a machine that others use too. */
const lateMs = 500;
const noisy = 4;

const act = { requires: [{ name: 'act' }], backoff: { initialDelayMs: 0 } };

async function eventsOf(home: HubHome, { id }: Task): Promise<Event[]> {
  return (await allEvents(home.api)).filter(({ subject }) => subject === `task:${id}`);
}

function ended(home: HubHome, { id }: Task, withinMs = 30_000): Promise<Task> {
  return eventually(
    'the task has ended',
    async () => {
      const task = await home.api.get<Task>(`/v1/tasks/${id}`);
      return ['succeeded', 'dead'].includes(task.state) ? task : undefined;
    },
    { withinMs },
  );
}

function leased(home: HubHome, { id }: Task): Promise<Task> {
  return eventually('the task is leased', async () => {
    const task = await home.api.get<Task>(`/v1/tasks/${id}`);
    return task.state === 'leased' ? task : undefined;
  });
}

describe('an agent that is gone', () => {
  test('[HB-08 expiry] killed with leases: others get them within the time-to-live and half a second', async () => {
    await using home = await HubHome.create({ settings });
    await home.start();
    await using agents = new AgentProcesses(home);
    const first = await agents.start({ name: 'first', slots: 3, capabilities: ['act'] });
    const submit = (): Promise<Task> => home.api.post('/v1/tasks', { ...act, input: { number: 1, hangs: 1 } });
    const tasks = await Promise.all([submit(), submit(), submit()]);
    for (const task of tasks) await leased(home, task);
    await agents.start({ name: 'second', slots: 3, capabilities: ['act'] });
    await first.kill();
    const killedAtMs = Date.now();
    for (const task of tasks) {
      const { attempt, state } = await ended(home, task);
      expect({ attempt, state }).toEqual({ attempt: 2, state: 'succeeded' });
      const again = (await eventsOf(home, task)).filter(({ type }) => type === 'task.leased')[1]!;
      expect(again.atMs - killedAtMs).toBeLessThan((leaseTtlMs + lateMs) * noisy);
      expect(again.atMs - killedAtMs, 'not before its time: it might have come back').toBeGreaterThan(leaseTtlMs / 2);
    }
  });

  test('[HB-08 fence exactly-once] [LD-03 lease result] frozen beyond its lease: what it delivers then is refused', async () => {
    await using home = await HubHome.create({ settings });
    await home.start();
    await using agents = new AgentProcesses(home);
    const frozen = await agents.start({ name: 'frozen', slots: 1, capabilities: ['act'] });
    // It ends before it hears what was said to it meanwhile.
    const task = await home.api.post<Task>('/v1/tasks', { ...act, input: { number: 1, blockMs: 800 } });
    const { fence: firstFence } = await leased(home, task);
    frozen.signal('SIGSTOP');
    await agents.start({ name: 'other', slots: 1, capabilities: ['act'] });
    const { fence, output } = await ended(home, task);
    expect(fence).toBeGreaterThan(firstFence!);

    frozen.signal('SIGCONT');
    const lost = await eventually('the frozen handler came to its end', () =>
      agents.journal().find(({ fence: of, what }) => of === firstFence && what !== 'began'),
    );
    expect(lost.what, 'it has a result to deliver').toBe('succeeded');
    await eventually('it delivered, and was refused', async () => {
      return (await metric(home, 'late_reports_total')) > 0 || undefined;
    });
    expect(await home.api.get<Task>(`/v1/tasks/${task.id}`)).toMatchObject({ state: 'succeeded', fence, output });
    expect(output).toMatchObject({ fence });
    expect(JSON.stringify(output)).not.toContain(lost.execution);
    const successes = (await eventsOf(home, task)).filter(({ type }) => type === 'task.succeeded');
    expect(successes.map(({ data }) => data)).toMatchObject([{ fence }]);
  });
});

describe('a hub that stood still', () => {
  test('[HB-08 heartbeat] for longer than leases live: agents that were heard of meanwhile keep them', async () => {
    await using home = await HubHome.create({ settings });
    const hub = await home.start();
    await using agents = new AgentProcesses(home);
    for (const name of ['a', 'b', 'c']) await agents.start({ name, slots: 4, capabilities: ['act'] });
    const tasks = await Promise.all(
      Array.from({ length: 12 }, () =>
        home.api.post<Task>('/v1/tasks', { ...act, input: { number: 1, runMs: 4_000 } }),
      ),
    );
    for (const task of tasks) await leased(home, task);

    hub.signal('SIGSTOP');
    await pause(leaseTtlMs * 2);
    hub.signal('SIGCONT');
    for (const task of tasks) expect(await ended(home, task)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  test('[HB-09 time-out] results that came meanwhile count, although their time is over by now', async () => {
    await using home = await HubHome.create({ settings: { ...settings, HUB_LEASE_TTL_MS: '10000' } });
    const hub = await home.start();
    await using agents = new AgentProcesses(home);
    await agents.start({ name: 'a', slots: 4, capabilities: ['act'] });
    const body = { ...act, timeoutMs: 1_500, input: { number: 1, runMs: 700 } };
    const tasks = await Promise.all(Array.from({ length: 4 }, () => home.api.post<Task>('/v1/tasks', body)));
    for (const task of tasks) await leased(home, task);

    hub.signal('SIGSTOP');
    await pause(2_500);
    hub.signal('SIGCONT');
    for (const task of tasks) expect(await ended(home, task)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});

async function metric(home: HubHome, name: string): Promise<number> {
  const text = await home.api.get<string>('/metrics');
  return Number(new RegExp(`^reeve_hub_${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
