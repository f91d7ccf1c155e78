import { describe, expect, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { MovableClock, wheelsHaveTurned } from '../kit/movable-clock.ts';
import { startHub } from '../kit/start-hub.ts';
import { allTypes, storyOf, submit, typesOf } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

describe('cancelling', () => {
  test('[HB-09 cancel] reaches the signal of a running handler within a heartbeat, and what it returns then counts for nothing', async () => {
    const hub = await startHub({ settings: { heartbeatMs: 2_000 } });
    let abortedMs = 0;
    await startAgent(hub, async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      abortedMs = performance.now();
      return 'anyway';
    });
    const id = await submit(hub);
    await taskIn(hub, id, 'leased');
    const askedMs = performance.now();
    const answer = await hub.client.tasks.cancel({ id, reason: 'not needed' });
    expect(answer).toMatchObject({ state: 'cancelled', error: { code: 'task_cancelled', message: 'not needed' } });
    await eventually(() => abortedMs > 0);
    expect(abortedMs - askedMs).toBeLessThan(hub.settings.heartbeatMs);
    const task = await ended(hub, id);
    expect(task).toMatchObject({ state: 'cancelled', finishedAtMs: answer.finishedAtMs });
    expect(task.output).toBeUndefined();
    expect(await typesOf(hub, id)).toEqual(['task.submitted', 'task.leased', 'task.cancelled']);
  });

  test('[HB-09 cancel] frees the slot at once, for the next task', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const [first, second] = [await submit(hub), await submit(hub)];
    const lease = await agent.next('lease');
    await hub.client.tasks.cancel({ id: first });
    expect(await agent.next('cancel')).toMatchObject({ taskId: first, fence: lease.fence });
    await agent.roundTrip();
    expect(agent.seen('lease')).toMatchObject([{ taskId: second }]);
    agent.succeed(lease, 'late');
    expect(await agent.verdict()).toMatchObject({ type: 'lost', taskId: first });
  });

  test.each(['queued', 'scheduled', 'retrying'] as const)(
    '[HB-09 cancel] a task that is %s never runs again',
    async (how) => {
      const clock = new MovableClock();
      const hub = await startHub({ clock });
      const runAtMs = how === 'scheduled' ? { runAtMs: clock.nowMs() + hourMs } : {};
      const backoff = { initialDelayMs: hourMs, factor: 1, maxDelayMs: hourMs, jitter: 0 };
      const id = await submit(hub, { ...runAtMs, backoff });
      const agent = await rawAgent(hub, { capabilities: [{ name: how === 'queued' ? 'else' : 'echo' }] });
      if (how === 'retrying') agent.fail(await agent.next('lease'));
      await taskIn(hub, id, how === 'queued' ? 'queued' : 'scheduled');
      await hub.client.tasks.cancel({ id });
      const all = how === 'queued' ? await rawAgent(hub, { name: 'all', slots: 9 }) : agent;
      clock.advance(hourMs);
      const later = await submit(hub, { runAtMs: clock.nowMs() + 1 });
      expect((await all.next('lease')).taskId).toBe(later);
      expect(all.seen('lease')).toEqual([]);
      expect((await ended(hub, id)).state).toBe('cancelled');
      expect(await hub.client.hub.status()).toMatchObject({ tasks: { waiting: 0, delayed: 0 } });
    },
  );

  test('[HB-09 cancel] what has ended stays as it is; what belongs to another tenant is missing', async () => {
    const hub = await startHub();
    await startAgent(hub, async () => 'done');
    const id = await submit(hub);
    await ended(hub, id);
    expect(await hub.call('POST', `/v1/tasks/${id}/cancel`, { body: {} })).toMatchObject({
      status: 409,
      body: { code: 'task_ended', details: { state: 'succeeded' } },
    });
    const other = await hub.keyOf('other', '*');
    const theirs = await submit(hub, { requires: [{ name: 'nobody' }] });
    expect((await hub.call('POST', `/v1/tasks/${theirs}/cancel`, { body: {}, key: other })).status).toBe(404);
    expect((await hub.client.tasks.show({ id: theirs })).state).toBe('queued');
  });

  test('[HB-09 cancel] [HB-08 exactly-once] against the result, many times at once: one of them wins, and both sides agree who', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 100 });
    const ids = await Promise.all(Array.from({ length: 100 }, () => submit(hub)));
    const leases = await Promise.all(ids.map(() => agent.next('lease')));
    const answers = await Promise.all(
      leases.map(async (lease, number) => {
        if (number % 3 === 0) agent.succeed(lease, 'won');
        const cancelling = hub.call('POST', `/v1/tasks/${lease.taskId}/cancel`, { body: {} });
        if (number % 3 === 1) agent.succeed(lease, 'won');
        if (number % 3 === 2) setTimeout(() => agent.succeed(lease, 'won'), 1);
        return { taskId: lease.taskId, status: (await cancelling).status };
      }),
    );
    await eventually(() => agent.seen('accepted').length + agent.seen('lost').length >= 100);
    const accepted = new Set(agent.seen('accepted').map(({ taskId }) => taskId));
    const types = await allTypes(hub);
    for (const { taskId, status } of answers) {
      const { state } = await hub.client.tasks.show({ id: taskId });
      expect([state, status, accepted.has(taskId)]).toEqual(
        state === 'succeeded' ? ['succeeded', 409, true] : ['cancelled', 200, false],
      );
      expect(types.get(taskId)).toEqual(['task.submitted', 'task.leased', `task.${state}`]);
    }
    expect(await hub.client.hub.status()).toMatchObject({ tasks: { waiting: 0, leased: 0, delayed: 0 } });
  });

  test('[HB-09 cancel] against the handing over: a cancelled task is not handed out afterwards, and its story ends with its end', async () => {
    const hub = await startHub();
    const ids = await Promise.all(Array.from({ length: 60 }, () => submit(hub)));
    const agent = await rawAgent(hub, { name: 'slow', slots: 1 });
    const cancelling = ids.map((id) => hub.call('POST', `/v1/tasks/${id}/cancel`, { body: {} }));
    let open = true;
    const working = (async () => {
      while (open) agent.succeed(await agent.next('lease'));
    })().catch(() => {});
    await Promise.all(cancelling);
    const tasks = await Promise.all(ids.map((id) => ended(hub, id)));
    const types = await allTypes(hub);
    for (const { id, state } of tasks) {
      expect(types.get(id)!.at(-1)).toBe(`task.${state}`);
      expect(types.get(id)!.filter((type) => type === 'task.leased').length).toBeLessThanOrEqual(1);
    }
    open = false;
    agent.vanish();
    await working;
  });
});

describe('deadlines', () => {
  test('[HB-09 time-out] a task that waits beyond its deadline expires', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const deadlineAtMs = clock.nowMs() + hourMs;
    const id = await submit(hub, { deadlineAtMs });
    clock.advance(hourMs);
    const task = await ended(hub, id);
    expect(task).toMatchObject({ state: 'expired', error: { code: 'task_expired' }, deadlineAtMs });
    expect(task.finishedAtMs!).toBeGreaterThanOrEqual(deadlineAtMs);
    expect(await typesOf(hub, id)).toEqual(['task.submitted', 'task.expired']);
  });

  test('[HB-09 time-out] so does one that runs: its handler is told to stop, and its result is lost', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const deadlineAtMs = clock.nowMs() + hourMs;
    const id = await submit(hub, { deadlineAtMs });
    const lease = await agent.next('lease');
    expect(lease['deadlineAtMs']).toBe(deadlineAtMs);
    clock.jump(hourMs);
    expect(await agent.next('cancel')).toMatchObject({ fence: lease.fence, reason: 'the deadline passed' });
    agent.succeed(lease, 'late');
    expect(await agent.verdict()).toMatchObject({ type: 'lost' });
    expect((await ended(hub, id)).state).toBe('expired');
  });

  test('[HB-09 time-out] one that waits for its next attempt, or passed while the hub was down, expires too', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const backoff = { initialDelayMs: hourMs, factor: 1, maxDelayMs: hourMs, jitter: 0 };
    const waiting = await submit(hub, { deadlineAtMs: clock.nowMs() + 2 * minuteMs, backoff });
    agent.fail(await agent.next('lease'));
    await taskIn(hub, waiting, 'scheduled');
    const passed = await submit(hub, { requires: [{ name: 'nobody' }], deadlineAtMs: clock.nowMs() + minuteMs });
    await hub.stop();
    clock.advance(minuteMs);
    const next = await startHub({ after: hub, clock });
    expect((await ended(next, passed)).state).toBe('expired');
    expect((await next.client.tasks.show({ id: waiting })).state).toBe('scheduled');
    clock.advance(minuteMs);
    expect((await ended(next, waiting)).state).toBe('expired');
  });

  test('[HB-09] a deadline in the past is refused', async () => {
    const hub = await startHub();
    const body = { requires: [{ name: 'echo' }], allowUnknown: true, deadlineAtMs: Date.now() - 1 };
    expect(await hub.call('POST', '/v1/tasks', { body })).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', issues: [{ path: ['deadlineAtMs'] }] },
    });
  });
});

describe('times to begin', () => {
  test('[HB-09] a task is scheduled until its time, and handed over then, not before', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const runAtMs = clock.nowMs() + hourMs;
    const id = await submit(hub, { runAtMs });
    expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'scheduled', runAtMs });
    expect((await hub.client.tasks.explain({ id })).summary).toMatch(/^It waits .+ more before it may run\.$/);
    expect((await hub.client.hub.status()).tasks).toEqual({ waiting: 0, leased: 0, delayed: 1 });
    await wheelsHaveTurned(hub, clock);
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    clock.advance(hourMs);
    expect((await agent.next('lease')).taskId).toBe(id);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(runAtMs);
  });

  test('[HB-09] a time that has passed means now', async () => {
    const hub = await startHub();
    const id = await submit(hub, { runAtMs: Date.now() - 1_000 });
    expect((await hub.client.tasks.show({ id })).state).toBe('queued');
  });

  test('[HB-03 explain-none] once its time has come it is shown, listed and explained as what it is: waiting for an agent', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const id = await submit(hub, { runAtMs: clock.nowMs() + minuteMs });
    clock.advance(minuteMs);
    await taskIn(hub, id, 'queued');
    expect((await hub.client.tasks.explain({ id })).summary).toBe('No agent is registered.');
    expect((await hub.client.tasks.list({ state: 'queued' })).items).toMatchObject([{ id, state: 'queued' }]);
    expect((await hub.client.tasks.list({ state: 'scheduled' })).items).toEqual([]);
    expect((await storyOf(hub, id)).map(({ type }) => type)).toEqual(['task.submitted']);
  });

  test('[HB-09] the wall clock decides, also when it is set: forward it comes at once', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const id = await submit(hub, { runAtMs: clock.nowMs() + hourMs });
    clock.jump(hourMs);
    expect((await agent.next('lease')).taskId).toBe(id);
  });

  test('[HB-08 expiry] leases and time-outs do not follow the wall clock, wherever it jumps', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    agent.beat(100);
    const id = await submit(hub, { timeoutMs: hourMs, maxAttempts: 1 });
    const lease = await agent.next('lease');
    for (const jumpMs of [dayMs, -dayMs]) {
      clock.jump(jumpMs);
      await wheelsHaveTurned(hub, clock);
    }
    agent.succeed(lease, 'unmoved');
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});
