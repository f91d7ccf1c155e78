import { describe, expect, test } from 'vitest';
import { rawAgent } from '../kit/agents.ts';
import { MovableClock } from '../kit/movable-clock.ts';
import { startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit, type SubmissionInput } from '../kit/tasks.ts';
import { eventually } from '../kit/waiting.ts';

async function submitMany(hub: HubUnderTest, key: string, tasks: Array<Partial<SubmissionInput>>): Promise<void> {
  const body = { tasks: tasks.map((task) => ({ requires: [{ name: 'echo' }], allowUnknown: true, ...task })) };
  expect((await hub.call('POST', '/v1/tasks/batch', { key, body })).status).toBe(201);
}

describe('between tenants', () => {
  test('[HB-14 fairness] [HB-04 no-starvation] a flood of critical work from one tenant holds up nobody: the others take every second turn', async () => {
    const hub = await startHub();
    const quietKey = await hub.keyOf('quiet', '*');
    const flood = Array.from({ length: 500 }, () => ({ input: 'flood', priority: 'critical' as const }));
    await submitMany(hub, hub.key, flood);
    await submitMany(
      hub,
      quietKey,
      Array.from({ length: 5 }, () => ({ input: 'quiet', priority: 'low' as const })),
    );
    const ran = await (await rawAgent(hub)).run(12);
    expect(ran.filter((input) => input === 'quiet')).toHaveLength(5);
  });

  test('[HB-14 fairness] over classes and a restart too', async () => {
    const first = await startHub();
    const quietKey = await first.keyOf('quiet', '*');
    const flood = Array.from({ length: 60 }, (_, n) => ({ requires: [{ name: `f${n % 20}` }], input: 'flood' }));
    await submitMany(first, first.key, flood);
    await submitMany(
      first,
      quietKey,
      Array.from({ length: 4 }, () => ({ input: 'quiet' })),
    );
    await first.stop();
    const hub = await startHub({ after: first });
    const names = ['echo', ...Array.from({ length: 20 }, (_, n) => `f${n}`)];
    const ran = await (await rawAgent(hub, { capabilities: names.map((name) => ({ name })) })).run(10);
    expect(ran.filter((input) => input === 'quiet')).toHaveLength(4);
  });
});

describe('weights', () => {
  test('[HB-14 fairness] a tenant of weight 3 gets three tasks of a busy agent for one of the others', async () => {
    const tenants = {
      defaults: { weight: 1, maxLiveTasks: 1_000, tasksPerMinute: 10_000 },
      exceptions: ['big weight=3'],
    };
    const hub = await startHub({ settings: { tenants } });
    const keys = { big: await hub.keyOf('big', '*'), acme: hub.key };
    for (const [input, key] of Object.entries(keys))
      await submitMany(
        hub,
        key,
        Array.from({ length: 40 }, () => ({ input })),
      );
    const ran = await (await rawAgent(hub)).run(24);
    expect(ran.filter((input) => input === 'big')).toHaveLength(18);
  });
});

describe('within a tenant', () => {
  const ageingMs = 60_000;

  test('[HB-04 ageing] what has waited three steps longer than a critical task goes first; less, it does not', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock, settings: { ageingMs } });
    await submit(hub, { input: 'old and low', priority: 'low' });
    clock.advance(ageingMs);
    await submit(hub, { input: 'younger and low', priority: 'low' });
    clock.advance(2 * ageingMs);
    await submit(hub, { input: 'critical', priority: 'critical' });
    expect(await (await rawAgent(hub)).run(3)).toEqual(['old and low', 'critical', 'younger and low']);
  });

  test('[HB-04 ageing] age outlives a restart', async () => {
    const clock = new MovableClock();
    const first = await startHub({ clock, settings: { ageingMs } });
    await submit(first, { input: 'low', priority: 'low' });
    await first.stop();
    clock.jump(4 * ageingMs);
    const hub = await startHub({ after: first, clock, settings: { ageingMs } });
    await submit(hub, { input: 'critical', priority: 'critical' });
    expect(await (await rawAgent(hub)).run(2)).toEqual(['low', 'critical']);
  });

  test.each([3_600_000, -3_600_000])(
    '[HB-04 order] a wall clock that jumps by %d ms raises nothing',
    async (jumpMs) => {
      const clock = new MovableClock();
      const hub = await startHub({ clock, settings: { ageingMs } });
      await submit(hub, { input: 'low', priority: 'low' });
      await submit(hub, { input: 'critical 1', priority: 'critical' });
      clock.jump(jumpMs);
      await submit(hub, { input: 'critical 2', priority: 'critical' });
      expect(await (await rawAgent(hub)).run(3)).toEqual(['critical 1', 'critical 2', 'low']);
    },
  );

  test('[HB-04 deadline] a task whose deadline presses counts as critical, one with time left does not', async () => {
    const hub = await startHub();
    const deadlineAtMs = Date.now() + 60_000;
    await submit(hub, { input: 'high', priority: 'high' });
    await submit(hub, { input: 'has time', priority: 'low', deadlineAtMs, timeoutMs: 1_000 });
    await submit(hub, { input: 'presses', priority: 'low', deadlineAtMs, timeoutMs: 31_000 });
    expect(await (await rawAgent(hub)).run(3)).toEqual(['presses', 'high', 'has time']);
  });

  test('[HB-04 deadline] it presses when its time has come, while it waits', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const deadlineAtMs = Date.now() + 60_000;
    const id = await submit(hub, { input: 'low', priority: 'low', deadlineAtMs, timeoutMs: 1_000 });
    await submit(hub, { input: 'high', priority: 'high' });
    const ahead = async () => (await hub.client.tasks.explain({ id })).ahead;
    expect(await ahead()).toBe(1);
    clock.jump(58_500);
    await eventually(ahead, (count) => count === 0);
    expect(await (await rawAgent(hub)).run(2)).toEqual(['low', 'high']);
  });
});
