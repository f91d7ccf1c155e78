import { describe, expect, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { startHub } from '../kit/start-hub.ts';
import { endingsOf, storyOf, submit, typesOf } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

describe('cancelling', () => {
  test('[HB-09 cancel] reaches the signal of a running handler within a heartbeat, and what it returns then counts for nothing', async () => {
    const hub = await startHub();
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
    expect((await agent.next('lease')).taskId).toBe(second);
    agent.succeed(lease, 'late');
    expect(await agent.next('lost')).toMatchObject({ taskId: first });
  });

  test.each(['queued', 'scheduled', 'retrying'] as const)(
    '[HB-09 cancel] a task that is %s never runs again',
    async (how) => {
      const hub = await startHub();
      const runAtMs = how === 'scheduled' ? { runAtMs: Date.now() + 400 } : {};
      const backoff = { initialDelayMs: 200, factor: 1, maxDelayMs: 200, jitter: 0 };
      const id = await submit(hub, { ...runAtMs, backoff });
      const agent = await rawAgent(hub, { capabilities: [{ name: how === 'queued' ? 'else' : 'echo' }] });
      if (how === 'retrying') agent.fail(await agent.next('lease'));
      await taskIn(hub, id, how === 'queued' ? 'queued' : 'scheduled');
      await hub.client.tasks.cancel({ id });
      const all = how === 'queued' ? await rawAgent(hub, { name: 'all', slots: 9 }) : agent;
      const later = await submit(hub, { runAtMs: Date.now() + 450 });
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
    for (const { taskId, status } of answers) {
      const { state } = await hub.client.tasks.show({ id: taskId });
      expect([state, status, accepted.has(taskId)]).toEqual(
        state === 'succeeded' ? ['succeeded', 409, true] : ['cancelled', 200, false],
      );
      expect(await endingsOf(hub, taskId)).toEqual([`task.${state}`]);
      const types = await typesOf(hub, taskId);
      expect(types).toEqual(['task.submitted', 'task.leased', `task.${state}`]);
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
    for (const id of ids) {
      const { state } = await ended(hub, id);
      const types = await typesOf(hub, id);
      expect(types.at(-1)).toBe(`task.${state}`);
      expect(types.filter((type) => type === 'task.leased').length).toBeLessThanOrEqual(1);
    }
    open = false;
    agent.vanish();
    await working;
  }, 20_000);
});

describe('deadlines', () => {
  test('[HB-09 time-out] a task that waits beyond its deadline expires', async () => {
    const hub = await startHub();
    const deadlineAtMs = Date.now() + 250;
    const id = await submit(hub, { deadlineAtMs });
    const task = await ended(hub, id);
    expect(task).toMatchObject({ state: 'expired', error: { code: 'task_expired' }, deadlineAtMs });
    expect(task.finishedAtMs!).toBeGreaterThanOrEqual(deadlineAtMs);
    expect(await typesOf(hub, id)).toEqual(['task.submitted', 'task.expired']);
  });

  test('[HB-09 time-out] so does one that runs: its handler is told to stop, and its result is lost', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const deadlineAtMs = Date.now() + 300;
    const id = await submit(hub, { deadlineAtMs });
    const lease = await agent.next('lease');
    expect(lease['deadlineAtMs']).toBe(deadlineAtMs);
    expect(await agent.next('cancel')).toMatchObject({ fence: lease.fence, reason: 'the deadline passed' });
    agent.succeed(lease, 'late');
    await agent.next('lost');
    expect((await ended(hub, id)).state).toBe('expired');
  });

  test('[HB-09 time-out] one that waits for its next attempt, or passed while the hub was down, expires too', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const backoff = { initialDelayMs: 60_000, factor: 1, maxDelayMs: 60_000, jitter: 0 };
    const id = await submit(hub, { deadlineAtMs: Date.now() + 350, backoff });
    agent.fail(await agent.next('lease'));
    await taskIn(hub, id, 'scheduled');
    const passed = await submit(hub, { requires: [{ name: 'nobody' }], deadlineAtMs: Date.now() + 60 });
    await hub.stop();
    const next = await startHub({ after: hub });
    for (const each of [id, passed]) expect((await ended(next, each)).state).toBe('expired');
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
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const runAtMs = Date.now() + 300;
    const id = await submit(hub, { runAtMs });
    expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'scheduled', runAtMs });
    expect((await hub.client.tasks.explain({ id })).summary).toMatch(/^It waits \d+ms more before it may run\.$/);
    expect((await hub.client.hub.status()).tasks).toEqual({ waiting: 0, leased: 0, delayed: 1 });
    const lease = await agent.next('lease');
    expect(lease.taskId).toBe(id);
    expect(Date.now()).toBeGreaterThanOrEqual(runAtMs);
  });

  test('[HB-09] a time that has passed means now', async () => {
    const hub = await startHub();
    const id = await submit(hub, { runAtMs: Date.now() - 1_000 });
    expect((await hub.client.tasks.show({ id })).state).toBe('queued');
  });

  test('[HB-03 explain-none] once its time has come it is shown, listed and explained as what it is: waiting for an agent', async () => {
    const hub = await startHub();
    const id = await submit(hub, { runAtMs: Date.now() + 120 });
    const task = await taskIn(hub, id, 'queued');
    expect(Date.now()).toBeGreaterThanOrEqual(task.runAtMs!);
    expect((await hub.client.tasks.explain({ id })).summary).toBe('No agent is registered.');
    expect((await hub.client.tasks.list({ state: 'queued' })).items).toMatchObject([{ id, state: 'queued' }]);
    expect((await hub.client.tasks.list({ state: 'scheduled' })).items).toEqual([]);
    expect((await storyOf(hub, id)).map(({ type }) => type)).toEqual(['task.submitted']);
  });

  test('[HB-09] the wall clock decides, also when it is set: forward it comes at once', async () => {
    let offsetMs = 0;
    const clock = { nowMs: () => Date.now() + offsetMs, monotonicMs: () => performance.now() };
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const id = await submit(hub, { runAtMs: Date.now() + 3_600_000 });
    offsetMs = 3_600_000;
    expect((await agent.next('lease')).taskId).toBe(id);
  });

  test('[HB-08 expiry] leases and time-outs do not follow the wall clock, wherever it jumps', async () => {
    let offsetMs = 0;
    const clock = { nowMs: () => Date.now() + offsetMs, monotonicMs: () => performance.now() };
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const id = await submit(hub, { timeoutMs: 5_000, maxAttempts: 1 });
    const lease = await agent.next('lease');
    for (const jumpMs of [86_400_000, -86_400_000]) {
      offsetMs += jumpMs;
      const due = await submit(hub, { requires: [{ name: 'nobody' }], deadlineAtMs: clock.nowMs() + 150 });
      expect((await ended(hub, due)).state).toBe('expired'); // so every wheel has turned since the jump
    }
    agent.succeed(lease, 'unmoved');
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});
