import { describe, expect, test } from 'vitest';
import { rawAgent } from '../kit/agents.ts';
import { MovableClock } from '../kit/movable-clock.ts';
import { startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit, type SubmissionInput } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

const task = { requires: [{ name: 'echo' }], allowUnknown: true };

function post(hub: HubUnderTest, more: Partial<SubmissionInput> = {}, key = hub.key) {
  return hub.call('POST', '/v1/tasks', { key, body: { ...task, ...more } });
}

function postMany(hub: HubUnderTest, count: number, key = hub.key) {
  return hub.call('POST', '/v1/tasks/batch', { key, body: { tasks: Array.from({ length: count }, () => task) } });
}

async function fill(hub: HubUnderTest, count: number, more: Partial<SubmissionInput> = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await submit(hub, more));
  return ids;
}

describe('load', () => {
  const settings = { maxLiveTasks: 10 };

  test('[HB-04 defer] above 60 % low work waits, however old; when the load has gone it runs', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock, settings: { ...settings, ageingMs: 60_000 } });
    await submit(hub, { input: 'low', priority: 'low' });
    clock.advance(240_000);
    await fill(hub, 7, { input: 'medium' });
    const { load } = await hub.client.hub.status();
    expect(load).toEqual({ share: 0.8, maxLiveTasks: 10, lowWork: 'deferred' });
    expect(await hub.metric('reeve_hub_load_ratio')).toBe(0.8);
    const agent = await rawAgent(hub);
    expect(await agent.run(2)).toEqual(['medium', 'medium']);
    await eventually(async () => (await hub.client.hub.status()).load.share === 0.6);
    // The third was given when the load was above that still.
    expect(await agent.run(2)).toEqual(['medium', 'low']);
  });

  test('[HB-04 shed] above 80 % low work is refused with Retry-After before it is acknowledged, other work is not', async () => {
    const hub = await startHub({ settings });
    const [accepted] = await fill(hub, 1, { priority: 'low' });
    await fill(hub, 8);
    const before = await hub.client.tasks.list();
    const { status, body, headers } = await post(hub, { priority: 'low' });
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(body).toMatchObject({
      code: 'overloaded',
      retryable: true,
      detail: 'the hub is at 90 % of its capacity and takes no work of low priority',
      details: { reason: 'low_shed', liveTasks: 9, maxLiveTasks: 10 },
    });
    expect(await hub.client.tasks.list()).toEqual(before);
    expect((await hub.client.hub.status()).load.lowWork).toBe('shed');
    expect(await hub.metric('reeve_hub_tasks_refused_total', 'reason="low_shed"')).toBe(1);
    expect((await post(hub)).status).toBe(201);
    await (await rawAgent(hub)).run(10);
    // What was acknowledged is never dropped.
    expect((await ended(hub, accepted!)).state).toBe('succeeded');
    expect((await post(hub, { priority: 'low' })).status).toBe(201);
  });

  test('[HB-14 back-pressure] at the limit everything is refused, and what is on its way in counts', async () => {
    const hub = await startHub({ settings });
    const batch = await postMany(hub, 11);
    expect([batch.status, batch.body.code, batch.headers.get('retry-after')]).toEqual([503, 'overloaded', '1']);
    expect((await hub.client.tasks.list()).items).toEqual([]);
    const answers = await Promise.all(Array.from({ length: 25 }, () => post(hub)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(15);
    expect((await hub.client.tasks.list()).items).toHaveLength(10);
  });
});

describe('quotas of a tenant', () => {
  const defaults = { weight: 1, maxLiveTasks: 100, tasksPerMinute: 1_000 };
  const exceptions = ['narrow maxLiveTasks=2', 'slow tasksPerMinute=5'];
  const settings = { tenants: { defaults, exceptions } };

  test('[HB-14 quotas back-pressure] over its live tasks it gets 429 with the facts; others do not; room counts again at once', async () => {
    const hub = await startHub({ settings });
    const key = await hub.keyOf('narrow', '*');
    expect((await postMany(hub, 2, key)).status).toBe(201);
    const { status, body, headers } = await post(hub, {}, key);
    expect([status, headers.get('retry-after')]).toEqual([429, '1']);
    expect(body).toMatchObject({
      code: 'quota_exceeded',
      retryable: true,
      details: { quota: 'liveTasks', limit: 2, used: 2 },
    });
    expect((await post(hub)).status).toBe(201);
    const agent = await rawAgent(hub);
    await agent.run(3);
    await agent.roundTrip();
    await expect.poll(async () => (await post(hub, {}, key)).status).toBe(201);
  });

  test('[HB-14 quotas] over its tasks per minute it waits as long as Retry-After says', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ settings, clock });
    const key = await hub.keyOf('slow', '*');
    const tooMany = await postMany(hub, 6, key);
    expect([tooMany.status, tooMany.body.detail]).toEqual([
      429,
      'slow may submit 5 tasks per minute; a single request can never have more than 5',
    ]);
    // A request that was refused took nothing.
    expect((await postMany(hub, 5, key)).status).toBe(201);
    const { status, body, headers } = await post(hub, {}, key);
    expect([status, body.details]).toEqual([429, { quota: 'tasksPerMinute', limit: 5 }]);
    const waitS = Number(headers.get('retry-after'));
    expect(waitS).toBeGreaterThan(1);
    expect(waitS).toBeLessThanOrEqual(12);
    clock.advance(waitS * 1_000);
    expect((await post(hub, {}, key)).status).toBe(201);
  });

  test('[HB-14 quotas] [HB-09 idempotency] a repeat of what was accepted takes no room and is answered', async () => {
    const hub = await startHub({ settings });
    const key = await hub.keyOf('narrow', '*');
    const first = await post(hub, { idempotencyKey: 'once' }, key);
    await post(hub, {}, key);
    const again = await post(hub, { idempotencyKey: 'once' }, key);
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
  });
});
