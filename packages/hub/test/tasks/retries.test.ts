import { describe, expect, test } from 'vitest';
import type { RawAgent } from '../kit/raw-agent.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { MovableClock, wheelsHaveTurned } from '../kit/movable-clock.ts';
import { storyOf, submit, typesOf } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

const atOnce = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };

/** Fails every attempt of the task until it has ended. */
async function failAll(hub: HubUnderTest, agent: RawAgent, id: string): Promise<number[]> {
  const attempts: number[] = [];
  for (;;) {
    const over = await eventually(
      async () => {
        if (agent.seen('lease').length > 0) return 'no';
        return (await hub.client.tasks.show({ id })).finishedAtMs === undefined ? undefined : 'yes';
      },
      (answer) => answer !== undefined,
    );
    if (over === 'yes') return attempts;
    const lease = await agent.next('lease');
    attempts.push(lease.attempt);
    agent.fail(lease, { code: 'broken', message: `attempt ${lease.attempt}` });
  }
}

describe('a failed attempt', () => {
  test('[HB-09 retries dead-letters] [FD-02 transient attempts] is tried again as often as allowed, then the task is dead', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub, { maxAttempts: 4, backoff: atOnce });
    expect(await failAll(hub, agent, id)).toEqual([1, 2, 3, 4]);
    expect(await ended(hub, id)).toMatchObject({
      state: 'dead',
      attempt: 4,
      error: { code: 'broken', message: 'attempt 4' },
    });
    const again = ['task.leased', 'task.retrying'];
    expect(await typesOf(hub, id)).toEqual([
      'task.submitted',
      ...again,
      ...again,
      ...again,
      'task.leased',
      'task.dead',
    ]);
    expect((await storyOf(hub, id)).at(-1)!.data).toMatchObject({ reason: 'exhausted', attempt: 4 });
  });

  test('[HB-09 retries] [FD-02 permanent] that can never succeed is not tried again, whatever attempts are left', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub, { maxAttempts: 5, backoff: atOnce });
    agent.fail(await agent.next('lease'), { code: 'bad_input', retryable: false });
    expect(await ended(hub, id)).toMatchObject({ state: 'dead', attempt: 1, error: { code: 'bad_input' } });
    expect((await storyOf(hub, id)).at(-1)!.data).toMatchObject({ reason: 'permanent' });
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
  });

  test('[HB-09 retries] an output larger than what is kept is a permanent failure', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    agent.succeed(await agent.next('lease'), 'x'.repeat(300 * 1024));
    expect(await ended(hub, id)).toMatchObject({ state: 'dead', attempt: 1, error: { code: 'too_large' } });
  });

  test('[HB-09 dead-letters] its details are kept, unless they are so large that lists would suffer', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 2 });
    const [small, large] = [await submit(hub, { maxAttempts: 1 }), await submit(hub, { maxAttempts: 1 })];
    for (const details of [{ line: 7 }, { log: 'x'.repeat(100_000) }]) {
      const { taskId, fence } = await agent.next('lease');
      agent.send({ type: 'failed', taskId, fence, error: { code: 'e', message: 'm', retryable: true, details } });
    }
    expect((await ended(hub, small)).error).toEqual({ code: 'e', message: 'm', retryable: true, details: { line: 7 } });
    expect((await ended(hub, large)).error!.details).toEqual({
      leftOut: '100010 characters of details; at most 16384 are kept',
    });
  });

  test('[HB-09 backoff] [FD-02 backoff] waits longer each time, is shown as scheduled, and never begins earlier', async () => {
    const clock = new MovableClock();
    const hub = await startHub({ clock });
    const agent = await rawAgent(hub);
    const backoff = { initialDelayMs: 100_000, factor: 3, maxDelayMs: 400_000, jitter: 0 };
    const id = await submit(hub, { maxAttempts: 4, backoff });
    for (const delayMs of [100_000, 300_000, 400_000]) {
      agent.fail(await agent.next('lease'));
      const { runAtMs } = await taskIn(hub, id, 'scheduled');
      expect(runAtMs! - clock.nowMs()).toBeLessThanOrEqual(delayMs);
      clock.advance(delayMs - 50_000);
      await wheelsHaveTurned(hub, clock);
      await agent.roundTrip();
      expect(agent.seen('lease')).toEqual([]);
      clock.advance(50_000);
    }
    agent.fail(await agent.next('lease'));
    await ended(hub, id);
    const delays = (await storyOf(hub, id))
      .filter(({ type }) => type === 'task.retrying')
      .map(({ data }) => (data as { delayMs: number }).delayMs);
    expect(delays).toEqual([100_000, 300_000, 400_000]);
  });

  test('[HB-09 jitter] [FD-02 backoff] takes off up to the share that is random, never adds to the delay', async () => {
    const draws = [0, 0.5, 0.999];
    const hub = await startHub({ random: () => draws.shift() ?? 0 });
    const agent = await rawAgent(hub);
    const backoff = { initialDelayMs: 200, factor: 1, maxDelayMs: 200, jitter: 0.5 };
    const id = await submit(hub, { maxAttempts: 4, backoff });
    expect(await failAll(hub, agent, id)).toEqual([1, 2, 3, 4]);
    const delays = (await storyOf(hub, id))
      .filter(({ type }) => type === 'task.retrying')
      .map(({ data }) => (data as { delayMs: number }).delayMs);
    expect(delays).toEqual([200, 150, 100]);
  });

  test('[HB-09 retries] [FD-02 attempts] without a word of the task the hub’s own settings hold', async () => {
    const retry = { initialDelayMs: 10, factor: 1, maxDelayMs: 10, jitter: 0 };
    const hub = await startHub({ settings: { defaultMaxAttempts: 2, retry } });
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    expect(await failAll(hub, agent, id)).toEqual([1, 2]);
    expect((await storyOf(hub, id)).find(({ type }) => type === 'task.retrying')!.data).toMatchObject({ delayMs: 10 });
  });
});

describe('time-outs', () => {
  test('[HB-09 time-out] an attempt beyond its time is told to stop, counts as failed, and its late success is no success', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub, { timeoutMs: 100, maxAttempts: 2, backoff: atOnce });
    const first = await agent.next('lease');
    expect(await agent.next('cancel')).toMatchObject({ fence: first.fence, reason: 'the attempt took too long' });
    agent.succeed(first, 'too late');
    expect(await agent.verdict()).toMatchObject({ type: 'lost', fence: first.fence });
    const second = await agent.next('lease');
    expect(second.attempt).toBe(2);
    expect(await ended(hub, id)).toMatchObject({ state: 'dead', error: { code: 'attempt_timed_out' } });
    expect(await hub.metric('reeve_hub_attempts_failed_total', 'code="attempt_timed_out"')).toBe(2);
    expect(await hub.metric('reeve_hub_tasks_ended_total', 'state="succeeded"')).toBe(0);
  });

  test('[HB-09 time-out] the agent kit aborts the handler’s signal', async () => {
    const hub = await startHub();
    const reasons: string[] = [];
    await startAgent(hub, (_, { signal }) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => {
        reasons.push((signal.reason as Error).message);
        reject(signal.reason as Error);
      });
      return promise;
    });
    const id = await submit(hub, { timeoutMs: 100, maxAttempts: 1 });
    expect(await ended(hub, id)).toMatchObject({
      state: 'dead',
      error: { code: 'attempt_timed_out', retryable: true },
    });
    await eventually(() => reasons.length === 1);
  });
});

describe('dead letters', () => {
  const hub = sharedHub();

  test('[HB-09 dead-letters replay] are listed, shown with input and error, and replayed with new attempts', async () => {
    const agent = await rawAgent(hub(), { name: 'dead 1', capabilities: [{ name: 'dead.1' }] });
    const requires = [{ name: 'dead.1' }];
    const id = await submit(hub(), { requires, input: { page: 3 }, maxAttempts: 2, backoff: atOnce });
    await failAll(hub(), agent, id);
    const { items } = await hub().client.tasks.list({ state: 'dead', capability: 'dead.1' });
    expect(items).toMatchObject([{ id, state: 'dead', attempt: 2, error: { code: 'broken' } }]);
    expect(await hub().client.tasks.show({ id })).toMatchObject({ input: { page: 3 }, error: { code: 'broken' } });
    expect(await hub().client.tasks.replay({ id, attempts: 1 })).toMatchObject({ id, state: 'queued', maxAttempts: 3 });
    const lease = await agent.next('lease');
    expect(lease).toMatchObject({ taskId: id, attempt: 3, input: { page: 3 } });
    agent.succeed(lease, 'mended');
    expect(await ended(hub(), id)).toMatchObject({ state: 'succeeded', output: 'mended', attempt: 3 });
    expect((await ended(hub(), id)).error).toBeUndefined();
    expect((await typesOf(hub(), id)).slice(-3)).toEqual(['task.replayed', 'task.leased', 'task.succeeded']);
  });

  test('[HB-09 replay] gives exactly so many attempts more', async () => {
    const agent = await rawAgent(hub(), { name: 'dead 2', capabilities: [{ name: 'dead.2' }] });
    const id = await submit(hub(), { requires: [{ name: 'dead.2' }], maxAttempts: 1, backoff: atOnce });
    await failAll(hub(), agent, id);
    await hub().client.tasks.replay({ id, attempts: 2 });
    expect(await failAll(hub(), agent, id)).toEqual([2, 3]);
    expect((await ended(hub(), id)).state).toBe('dead');
  });

  test('[HB-09 replay] is for dead tasks only, once, and of the own tenant', async () => {
    const id = await submit(hub());
    const alive = await hub().call('POST', `/v1/tasks/${id}/replay`, { body: {} });
    expect(alive).toMatchObject({ status: 409, body: { code: 'task_not_dead' } });
    const agent = await rawAgent(hub(), { name: 'dead 3', capabilities: [{ name: 'dead.3' }] });
    const dead = await submit(hub(), { requires: [{ name: 'dead.3' }], maxAttempts: 1 });
    await failAll(hub(), agent, dead);
    const other = await hub().keyOf('other', '*');
    expect((await hub().call('POST', `/v1/tasks/${dead}/replay`, { body: {}, key: other })).status).toBe(404);
    const both = await Promise.all([1, 2].map(() => hub().call('POST', `/v1/tasks/${dead}/replay`, { body: {} })));
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });
});
