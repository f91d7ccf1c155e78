import { describe, expect, test } from 'vitest';
import { rawAgent } from '../kit/agents.ts';
import { holdDatabase } from '../kit/hold-database.ts';
import { RawAgent } from '../kit/raw-agent.ts';
import { startHub } from '../kit/start-hub.ts';
import { endingsOf, submit, typesOf } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

describe('acknowledged means committed', () => {
  test('[HB-08 exactly-once] an agent hears `accepted` only once its result is durable', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    const lease = await agent.next('lease');
    await taskIn(hub, id, 'leased');
    const letGo = await holdDatabase(hub);
    agent.succeed(lease, 'done');
    await agent.roundTrip();
    await agent.roundTrip();
    expect(agent.seen('accepted')).toEqual([]);
    expect((await hub.client.tasks.show({ id })).state).toBe('leased');
    letGo();
    await agent.next('accepted');
    expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'succeeded', output: 'done' });
  });

  test('[HB-08 at-least-once] a submitter is answered, and an agent given the task, only once it is durable', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const letGo = await holdDatabase(hub);
    let answered = false;
    const submitting = submit(hub).then((id) => {
      answered = true;
      return id;
    });
    for (let request = 0; request < 5; request++) await hub.client.hub.status();
    await agent.roundTrip();
    expect(answered).toBe(false);
    expect(agent.seen('lease')).toEqual([]);
    letGo();
    const id = await submitting;
    expect((await agent.next('lease')).taskId).toBe(id);
  });

  test('[HB-09 cancel] a cancelled task is told to nobody before the cancellation is durable', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    await agent.next('lease');
    await taskIn(hub, id, 'leased');
    const letGo = await holdDatabase(hub);
    const cancelling = hub.client.tasks.cancel({ id });
    for (let request = 0; request < 3; request++) await hub.client.hub.status();
    await agent.roundTrip();
    expect(agent.seen('cancel')).toEqual([]);
    letGo();
    expect((await cancelling).state).toBe('cancelled');
    await agent.next('cancel');
  });
});

describe('a result that comes again', () => {
  test('[HB-08 exactly-once] after the acknowledgement was lost with the connection it is accepted, once', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    const lease = await agent.next('lease');
    const letGo = await holdDatabase(hub);
    agent.succeed(lease, 1);
    await agent.roundTrip();
    agent.vanish();
    letGo();
    await ended(hub, id);
    const again = new RawAgent(hub.url, hub.key);
    await again.hello({}, [lease]);
    again.succeed(lease, 2);
    expect(await again.verdict()).toEqual({ type: 'accepted', taskId: id, fence: lease.fence });
    expect((await hub.client.tasks.show({ id })).output).toBe(1);
    expect(await endingsOf(hub, id)).toEqual(['task.succeeded']);
    expect(await hub.metric('reeve_hub_late_reports_total')).toBe(0);
  });

  test('[HB-08 exactly-once] while the first is being made durable it is neither lost nor counted as late', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const [first, second] = [await submit(hub), await submit(hub)];
    const firstLease = await agent.next('lease');
    const letGo = await holdDatabase(hub);
    agent.succeed(firstLease); // frees the slot; the lease of the second task waits for the same commit
    const secondLease = await agent.next('lease');
    agent.succeed(secondLease, 1);
    agent.succeed(secondLease, 2);
    await agent.roundTrip();
    letGo();
    await Promise.all([ended(hub, first), ended(hub, second)]);
    await agent.roundTrip();
    expect((await hub.client.tasks.show({ id: second })).output).toBe(1);
    expect(agent.seen('accepted').map(({ taskId }) => taskId)).toEqual([first, second]);
    expect(agent.seen('lost')).toEqual([]);
    expect(await hub.metric('reeve_hub_late_reports_total')).toBe(0);
  });

  test('[HB-08 fence] nobody is told `accepted` for what somebody else delivered', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const other = await rawAgent(hub, { name: 'other', capabilities: [{ name: 'something' }] });
    const id = await submit(hub);
    const lease = await agent.next('lease');
    other.succeed(lease, 'mine');
    expect(await other.verdict()).toMatchObject({ type: 'lost' });
    agent.succeed(lease, 'ours');
    expect(await agent.verdict()).toMatchObject({ type: 'accepted' });
    other.succeed(lease, 'mine');
    expect(await other.verdict()).toMatchObject({ type: 'lost' });
    expect((await ended(hub, id)).output).toBe('ours');
  });

  test('[HB-08 fence] [HB-09 time-out] a success that comes after the task died of its time-out is lost, not accepted', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub, { timeoutMs: 50, maxAttempts: 1 });
    const lease = await agent.next('lease');
    expect(await ended(hub, id)).toMatchObject({ state: 'dead', error: { code: 'attempt_timed_out' } });
    agent.succeed(lease, 'late');
    expect(await agent.verdict()).toMatchObject({ type: 'lost', fence: lease.fence });
    expect(await hub.metric('reeve_hub_late_reports_total')).toBe(1);
    expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'dead' });
  });
});

describe('while the database cannot store', () => {
  test('[HB-08 exactly-once] a result waits, is stored once when it can be, and only then acknowledged', async () => {
    const hub = await startHub({ busyTimeoutMs: 30 });
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    const lease = await agent.next('lease');
    await taskIn(hub, id, 'leased');
    const letGo = await holdDatabase(hub);
    agent.succeed(lease, 'kept');
    await eventually(() => hub.logged('an ending could not be stored yet'));
    expect(await hub.client.hub.status()).toMatchObject({ database: { writable: false } });
    await agent.roundTrip();
    expect(agent.seen('accepted')).toEqual([]);
    letGo();
    await agent.next('accepted');
    expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'succeeded', output: 'kept' });
    expect(await typesOf(hub, id)).toEqual(['task.submitted', 'task.leased', 'task.succeeded']);
  });

  test('[HB-08 at-least-once] a result under a lease that could not be written is lost, and the task runs again', async () => {
    const hub = await startHub({ busyTimeoutMs: 30 });
    const agent = await rawAgent(hub);
    const [first, second] = [await submit(hub), await submit(hub)];
    const firstLease = await agent.next('lease');
    await taskIn(hub, first, 'leased');
    const letGo = await holdDatabase(hub);
    agent.succeed(firstLease);
    const unwritten = await agent.next('lease');
    agent.succeed(unwritten, 'too early');
    await eventually(() => hub.logged('leases could not be written'));
    letGo();
    expect(await agent.next('lost')).toMatchObject({ taskId: second, fence: unwritten.fence });
    const again = await agent.next('lease');
    expect(again.taskId).toBe(second);
    expect(again.fence).toBeGreaterThan(unwritten.fence);
    expect(again.attempt).toBe(1);
    agent.succeed(again, 'in time');
    expect((await ended(hub, second)).output).toBe('in time');
    expect(await endingsOf(hub, second)).toEqual(['task.succeeded']);
  });

  test('[HB-08 at-least-once] an attempt under a lease that could not be written is called off, and made again', async () => {
    const hub = await startHub({ busyTimeoutMs: 30 });
    const agent = await rawAgent(hub);
    const [first, second] = [await submit(hub), await submit(hub)];
    const firstLease = await agent.next('lease');
    const letGo = await holdDatabase(hub);
    agent.succeed(firstLease);
    const unwritten = await agent.next('lease');
    expect(await agent.next('cancel')).toMatchObject({ taskId: second, fence: unwritten.fence });
    letGo();
    const again = await agent.next('lease');
    agent.succeed(again);
    await Promise.all([ended(hub, first), ended(hub, second)]);
    expect(await typesOf(hub, second)).toEqual(['task.submitted', 'task.leased', 'task.succeeded']);
  });

  test('[HB-08] a submission is refused with 503 and Retry-After, nothing of it is kept, and it recovers by itself', async () => {
    const hub = await startHub({ busyTimeoutMs: 30 });
    const letGo = await holdDatabase(hub);
    const body = { requires: [{ name: 'echo' }], allowUnknown: true };
    const refused = await hub.call('POST', '/v1/tasks', { body });
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'storage_unavailable', retryable: true });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    letGo();
    await eventually(async () => (await hub.client.hub.status()).database.writable);
    expect(await hub.client.tasks.list()).toEqual({ items: [] });
    expect((await hub.call('POST', '/v1/tasks', { body })).status).toBe(201);
  });
});
