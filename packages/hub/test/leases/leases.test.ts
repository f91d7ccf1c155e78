import { describe, expect, test } from 'vitest';
import { closeCodes } from '../../src/api/index.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { RawAgent } from '../kit/raw-agent.ts';
import { startHub } from '../kit/start-hub.ts';
import { endingsOf, storyOf, submit } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

/** Short, and with room for a busy machine between a heartbeat and the time-to-live. */
const leaseTtlMs = 600;
const short = { settings: { leaseTtlMs, heartbeatMs: 100 } };
const atOnce = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };

describe('an agent that vanishes', () => {
  test('[HB-08 expiry] loses its lease when the time-to-live is over and not before; another then has the task', async () => {
    const hub = await startHub(short);
    const agent = await rawAgent(hub);
    const id = await submit(hub, { backoff: atOnce });
    const lease = await agent.next('lease');
    await taskIn(hub, id, 'leased');
    await agent.roundTrip();
    const lastHeardMs = performance.now();
    agent.vanish();
    const other = await rawAgent(hub, { name: 'other' });
    other.beat(100);
    const again = await other.next('lease');
    const silentMs = performance.now() - lastHeardMs;
    expect(silentMs).toBeGreaterThanOrEqual(leaseTtlMs - 5); // the hub heard it a moment before we took the time
    expect(silentMs).toBeLessThan(10 * leaseTtlMs);
    expect(again).toMatchObject({ taskId: id, attempt: 2 });
    expect(again.fence).toBeGreaterThan(lease.fence);
    other.succeed(again, 'second');
    expect(await ended(hub, id)).toMatchObject({ output: 'second', attempt: 2 });
    const retrying = (await storyOf(hub, id)).find(({ type }) => type === 'task.retrying');
    expect(retrying!.data).toMatchObject({ code: 'lease_expired', fence: lease.fence, attempt: 1 });
  });

  test('[HB-08 expiry] but stays connected: it is told, and its connection closed, when it says nothing for so long', async () => {
    const hub = await startHub(short);
    const agent = await rawAgent(hub);
    const id = await submit(hub, { maxAttempts: 1 });
    await agent.next('lease');
    expect(await agent.closed).toMatchObject({ code: closeCodes.heartbeatMissed });
    expect(await ended(hub, id)).toMatchObject({ state: 'dead', error: { code: 'lease_expired' } });
  });

  test('[HB-08 fence] [LD-03 result] and comes back too late: its result is lost, whoever has the task meanwhile', async () => {
    const hub = await startHub(short);
    const agent = await rawAgent(hub);
    const id = await submit(hub, { backoff: atOnce });
    const old = await agent.next('lease');
    agent.vanish();
    const other = await rawAgent(hub, { name: 'other' });
    other.beat(100);
    const newer = await other.next('lease');
    const back = new RawAgent(hub.url, hub.key);
    expect((await back.hello({}, [old])).kept).toEqual([]);
    back.succeed(old, 'late');
    const lost = { type: 'lost', taskId: id, fence: old.fence, code: 'lease_lost' };
    expect(await back.verdict()).toEqual(lost);
    await taskIn(hub, id, 'leased');
    other.succeed(newer, 'in time');
    expect((await ended(hub, id)).output).toBe('in time');
    back.succeed(old, 'later still');
    expect(await back.verdict()).toEqual(lost);
    back.fail(old, { code: 'later_still' });
    expect(await back.verdict()).toEqual(lost);
    expect(await endingsOf(hub, id)).toEqual(['task.succeeded']);
    expect(await hub.metric('reeve_hub_late_reports_total')).toBe(3);
  });
});

describe('an agent that is alive', () => {
  test('[HB-08 heartbeat] keeps its lease for as long as it says so, many times the time-to-live', async () => {
    const hub = await startHub({ settings: { leaseTtlMs: 400, heartbeatMs: 50 } });
    const agent = await rawAgent(hub);
    agent.beat(50);
    const id = await submit(hub, { maxAttempts: 1 });
    const lease = await agent.next('lease');
    const leasedMs = performance.now();
    await eventually(() => performance.now() - leasedMs > 1_600);
    agent.succeed(lease, 'slow');
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  test('[HB-08 heartbeat] any frame is a sign of life', async () => {
    const hub = await startHub(short);
    const agent = await rawAgent(hub);
    const id = await submit(hub, { maxAttempts: 1 });
    const { taskId, fence } = await agent.next('lease');
    const leasedMs = performance.now();
    await eventually(async () => {
      agent.send({ type: 'progress', taskId, fence, value: performance.now() - leasedMs });
      return performance.now() - leasedMs > 2 * leaseTtlMs;
    });
    expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'leased', progress: expect.any(Number) });
  });

  test('[HB-08 expiry] is not blamed when it was the hub that stood still', async () => {
    const hub = await startHub(short);
    const agent = await rawAgent(hub);
    agent.beat(50);
    const id = await submit(hub, { maxAttempts: 1 });
    const lease = await agent.next('lease');
    // The whole process, hub and agent, does nothing: as a stopped or starved machine.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * leaseTtlMs);
    await agent.roundTrip();
    await agent.roundTrip();
    agent.succeed(lease, 'still mine');
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });
});

describe('the hub starts again in the same home', () => {
  test('[HB-08 heartbeat] a running lease is kept for its agent; its result under the old fence is accepted', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub, { maxAttempts: 1 });
    const lease = await agent.next('lease');
    await taskIn(hub, id, 'leased');
    await hub.stop();
    expect((await agent.closed).code).toBe(closeCodes.goingAway);
    const next = await startHub({ after: hub });
    const back = new RawAgent(next.url, next.key);
    expect((await back.hello({}, [lease])).kept).toEqual([{ taskId: id, fence: lease.fence }]);
    back.succeed(lease, 'over the restart');
    expect(await back.verdict()).toMatchObject({ type: 'accepted' });
    expect(await ended(next, id)).toMatchObject({ output: 'over the restart', attempt: 1, fence: lease.fence });
  });

  test('[HB-08 expiry] a running lease whose agent does not come back expires, counted from the start', async () => {
    const hub = await startHub(short);
    const agent = await rawAgent(hub);
    const id = await submit(hub, { backoff: atOnce });
    const lease = await agent.next('lease');
    await taskIn(hub, id, 'leased');
    await hub.stop();
    const next = await startHub({ ...short, after: hub });
    const other = await rawAgent(next, { name: 'other' });
    other.beat(100);
    const again = await other.next('lease');
    expect(again).toMatchObject({ taskId: id, attempt: 2 });
    expect(again.fence).toBeGreaterThan(lease.fence);
  });

  test('[LD-03 lease] every fence of the new life is greater than every fence of the old one', async () => {
    let hub = await startHub();
    let newest = 0;
    for (let life = 0; life < 3; life++) {
      const agent = await rawAgent(hub);
      for (let task = 0; task < 3; task++) {
        const id = await submit(hub);
        const lease = await agent.next('lease');
        expect(lease.fence).toBeGreaterThan(newest);
        newest = lease.fence;
        agent.succeed(lease);
        await ended(hub, id);
      }
      await hub.stop();
      hub = await startHub({ after: hub });
    }
  });
});

describe('what an agent gives back', () => {
  test('[HB-08] a declined lease is no attempt: the task goes to another that is free, the one that declined is last', async () => {
    const hub = await startHub();
    const unwilling = await rawAgent(hub, { name: 'unwilling', capabilities: [{ name: 'echo', proficiency: 1 }] });
    const id = await submit(hub, { maxAttempts: 1 });
    const { taskId, fence } = await unwilling.next('lease');
    await rawAgent(hub, { name: 'busy elsewhere', capabilities: [{ name: 'else' }] });
    const willing = await rawAgent(hub, { name: 'willing', capabilities: [{ name: 'echo', proficiency: 0.1 }] });
    unwilling.send({ type: 'declined', taskId, fence, reason: 'no memory' });
    const lease = await willing.next('lease');
    expect(lease).toMatchObject({ taskId: id, attempt: 1 });
    willing.succeed(lease);
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  test('[HB-08] two agents that decline everything do not hand a task round as fast as they can', async () => {
    const hub = await startHub();
    const controller = new AbortController();
    const agents = [await rawAgent(hub, { name: 'one' }), await rawAgent(hub, { name: 'two' })];
    let declined = 0;
    const decline = async (agent: RawAgent): Promise<never> => {
      for (;;) {
        const { taskId, fence } = await agent.next('lease');
        agent.send({ type: 'declined', taskId, fence, reason: 'never' });
        declined += 1;
      }
    };
    for (const agent of agents) decline(agent).catch(() => {});
    hub.hub
      .attach({
        tenant: 'acme',
        submission: { ...plain, requires: [{ name: 'echo', minProficiency: 0 }] },
        onChunks: () => {},
        signal: controller.signal,
        durability: 'sync',
      })
      .output.catch(() => {});
    await eventually(() => declined >= 2);
    for (let turn = 0; turn < 20; turn++) await agents[0]!.roundTrip();
    expect(declined).toBeLessThanOrEqual(3);
    controller.abort();
  });

  test('[HB-08] an agent kit that drains gives its lease back when its time is over, and another finishes it', async () => {
    const hub = await startHub();
    const draining = await startAgent(
      hub,
      (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
    );
    const id = await submit(hub, { maxAttempts: 1 });
    await taskIn(hub, id, 'leased');
    await startAgent(hub, async () => 'by the other', { offer: { name: 'other' } });
    await draining.stop({ drain: true, drainTimeoutMs: 20 });
    expect(await ended(hub, id)).toMatchObject({ output: 'by the other', attempt: 1 });
  });
});

const plain = {
  kind: 'task',
  input: null,
  constraints: {},
  priority: 'medium',
  labels: {},
  allowUnknown: false,
} as const;
