import { describe, expect, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import type { Answer } from '../kit/call.ts';
import { holdDatabase } from '../kit/hold-database.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { endingsOf, submit, typesOf, type SubmissionInput } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

interface Taken {
  readonly id: string;
  readonly fence: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly input: unknown;
}

let pollers = 0;

/** An agent of nothing but requests, with a name and a capability of its own. */
class Poller {
  readonly name = `poller-${++pollers}`;
  readonly #hub: HubUnderTest;
  readonly #offer: object;

  constructor(hub: HubUnderTest, offer: object = {}) {
    this.#hub = hub;
    this.#offer = { name: this.name, capabilities: [{ name: this.name }], ...offer };
  }

  /** A task for this poller. */
  submit(more: Partial<SubmissionInput> = {}): Promise<string> {
    const backoff = { initialDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 };
    return submit(this.#hub, { requires: [{ name: this.name }], backoff, ...more });
  }

  /** Resolves when a request of it waits. */
  waits(): Promise<unknown> {
    const online = { state: 'online', capability: this.name } as const;
    return eventually(async () => (await this.#hub.client.agents.list(online)).items.length === 1);
  }

  ask(more: object = {}, key?: string): Promise<Answer> {
    const options = { body: { ...this.#offer, ...more }, ...(key !== undefined && { key }) };
    return this.#hub.call('POST', '/v1/leases', options);
  }

  async take(more: object = {}): Promise<Taken[]> {
    const { status, body } = await this.ask({ waitMs: 5_000, ...more });
    expect({ status, body }).toMatchObject({ status: 200 });
    return (body.leases as Taken[]).map((lease) => ({ ...lease, id: body.agentId as string }));
  }

  async takeOne(more: object = {}): Promise<Taken> {
    const [lease, ...others] = await this.take(more);
    expect(others).toEqual([]);
    return lease!;
  }

  report(what: string, { id, fence, taskId }: Taken, body: object = {}, key?: string): Promise<Answer> {
    const options = { body: { taskId, ...body }, ...(key !== undefined && { key }) };
    return this.#hub.call('POST', `/v1/agents/${id}/leases/${fence}/${what}`, options);
  }
}

const shared = sharedHub();

describe('an agent of requests alone', () => {
  test('[HB-08 exactly-once] takes, reports progress, and completes; the same result again is accepted again', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    const id = await poller.submit({ input: { text: 'to be' } });
    const lease = await poller.takeOne();
    expect(lease).toMatchObject({
      taskId: id,
      attempt: 1,
      kind: 'task',
      capability: poller.name,
      input: { text: 'to be' },
    });
    expect(await poller.report('heartbeat', lease, { progress: { words: 1 } })).toMatchObject({
      status: 200,
      body: { leaseTtlMs: hub.settings.leaseTtlMs },
    });
    expect((await hub.client.tasks.show({ id })).progress).toEqual({ words: 1 });
    for (let time = 0; time < 2; time++) {
      const { status, body } = await poller.report('complete', lease, { output: { words: 2 } });
      expect({ status, body }).toEqual({ status: 200, body: { accepted: true } });
    }
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', output: { words: 2 } });
    expect(await endingsOf(hub, id)).toEqual(['task.succeeded']);
  });

  test('waits until there is work, and takes as much as it has slots', async () => {
    const hub = shared();
    const poller = new Poller(hub, { slots: 3 });
    const waiting = poller.take();
    await poller.waits();
    const first = await poller.submit();
    expect((await waiting).map(({ taskId }) => taskId)).toEqual([first]);
    const ids = [await poller.submit(), await poller.submit(), await poller.submit()];
    const holding = (await waiting).map(({ taskId, fence }) => ({ taskId, fence }));
    expect((await poller.take({ holding })).map(({ taskId }) => taskId)).toEqual(ids.slice(0, 2));
  });

  test('is answered with nothing when the time is over', async () => {
    expect(await new Poller(shared()).take({ waitMs: 20 })).toEqual([]);
  });

  test('[HB-09 retries] reports failures, and gives back what it cannot do', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    const id = await poller.submit({ maxAttempts: 2 });
    const error = { code: 'broken', message: 'no', retryable: true };
    expect((await poller.report('fail', await poller.takeOne(), { error })).status).toBe(200);
    expect((await poller.report('decline', await poller.takeOne(), { reason: 'no room' })).status).toBe(200);
    const third = await poller.takeOne();
    expect(third.attempt).toBe(2);
    expect((await poller.report('fail', third, { error: { ...error, retryable: false } })).status).toBe(200);
    expect(await ended(hub, id)).toMatchObject({ state: 'dead', error: { code: 'broken' } });
  });
});

describe('[HB-08 fence expiry heartbeat] leases of an agent of requests', () => {
  test('go to others once it is silent for too long; what it reports then is lost', async () => {
    const hub = await startHub({ settings: { leaseTtlMs: 300, heartbeatMs: 50 } });
    const poller = new Poller(hub);
    const id = await poller.submit();
    const lease = await poller.takeOne();
    await startAgent(hub, async () => 'from another', { offer: { capabilities: [{ name: poller.name }] } });
    expect(await ended(hub, id)).toMatchObject({ output: 'from another', attempt: 2 });
    const { status, body } = await poller.report('complete', lease, { output: 'too late' });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'lease_lost' });
    expect((await hub.client.tasks.show({ id })).output).toBe('from another');
  });

  test('are kept by heartbeats, and while a request waits', async () => {
    const hub = await startHub({ settings: { leaseTtlMs: 400, heartbeatMs: 50 } });
    const poller = new Poller(hub, { slots: 2 });
    const id = await poller.submit();
    const lease = await poller.takeOne();
    const untilMs = performance.now() + 600;
    while (performance.now() < untilMs) expect((await poller.report('heartbeat', lease)).status).toBe(200);
    const holding = [{ taskId: lease.taskId, fence: lease.fence }];
    expect(await poller.take({ waitMs: 700, holding })).toEqual([]);
    expect((await poller.report('complete', lease)).status).toBe(200);
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  test('fail when it asks for work and does not name them', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    await poller.submit();
    const forgotten = await poller.takeOne();
    const again = await poller.takeOne();
    expect(again).toMatchObject({ taskId: forgotten.taskId, attempt: 2 });
    const { body } = await poller.report('heartbeat', forgotten);
    expect(body.code).toBe('lease_lost');
  });

  test('[HB-09 cancel] that were cancelled refuse the next heartbeat', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    const id = await poller.submit();
    const lease = await poller.takeOne();
    await hub.client.tasks.cancel({ id });
    await taskIn(hub, id, 'cancelled');
    const { status, body } = await poller.report('heartbeat', lease, { progress: 1 });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'lease_lost' });
  });

  test('survive a restart of the hub: the result is accepted afterwards', async () => {
    const hub = await startHub();
    const poller = new Poller(hub);
    const id = await poller.submit();
    const lease = await poller.takeOne();
    await hub.stop();
    const restarted = await startHub({ after: hub });
    expect((await poller.report('complete', lease, { output: 1 })).status).toBe(200);
    expect(await ended(restarted, id)).toMatchObject({ state: 'succeeded', attempt: 1, output: 1 });
  });

  test('an answer is given only when the result is durable', async () => {
    const hub = await startHub({ busyTimeoutMs: 50 });
    const poller = new Poller(hub);
    const id = await poller.submit();
    const lease = await poller.takeOne();
    await eventually(async () => (await typesOf(hub, id)).includes('task.leased')); // durable itself
    const letGo = await holdDatabase(hub);
    let answered = false;
    const answer = poller.report('complete', lease).finally(() => (answered = true));
    await eventually(() => hub.logged('an ending could not be stored yet'));
    expect(answered).toBe(false);
    letGo();
    expect((await answer).status).toBe(200);
    expect((await ended(hub, id)).state).toBe('succeeded');
  });
});

describe('requests that wait', () => {
  test('whoever goes while waiting costs no attempt: the next request gets the work', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    const gone = new AbortController();
    const headers = { authorization: `Bearer ${hub.key}`, 'content-type': 'application/json' };
    const offer = { name: poller.name, capabilities: [{ name: poller.name }], waitMs: 30_000 };
    const request = { method: 'POST', headers, body: JSON.stringify(offer), signal: gone.signal };
    const waiting = fetch(`${hub.url}/v1/leases`, request).catch(() => 'gone');
    await poller.waits();
    gone.abort();
    expect(await waiting).toBe('gone');
    const id = await poller.submit({ maxAttempts: 1 });
    expect(await poller.takeOne()).toMatchObject({ taskId: id, attempt: 1 });
  });

  test('one for a name: the newer takes the place of the older', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    const older = poller.ask({ waitMs: 30_000 });
    await poller.waits();
    const newer = poller.take();
    const { status, body } = await older;
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'poll_replaced' });
    const id = await poller.submit();
    expect((await newer)[0]?.taskId).toBe(id);
  });

  test('a connection under its name takes its place too, and then reports for it', async () => {
    const hub = shared();
    const poller = new Poller(hub, { slots: 2 });
    const id = await poller.submit();
    const lease = await poller.takeOne();
    const older = poller.ask({ waitMs: 30_000, holding: [{ taskId: id, fence: lease.fence }] });
    const connected = await rawAgent(hub, { name: poller.name, capabilities: [{ name: poller.name }], slots: 2 }, [
      lease,
    ]);
    expect((await older).body.code).toBe('poll_replaced');
    expect((await poller.report('complete', lease)).body.code).toBe('agent_state_conflict');
    connected.succeed({ ...lease, type: 'lease', capability: poller.name }, 'over the connection');
    expect((await ended(hub, id)).output).toBe('over the connection');
  });

  test('[FD-08 sigterm] are answered at once when the hub stops', async () => {
    const hub = await startHub();
    const poller = new Poller(hub);
    const waiting = poller.take({ waitMs: 30_000 });
    await poller.waits();
    const startedMs = performance.now();
    await hub.stop();
    expect(await waiting).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe('what is refused', () => {
  test('[FD-01 input] an offer beyond the limits, a fence that is none, an agent that is unknown', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    expect((await poller.ask({ capabilities: [] })).status).toBe(422);
    expect((await poller.ask({ waitMs: 30_001 })).status).toBe(422);
    const nobody = { id: crypto.randomUUID(), fence: 1, taskId: crypto.randomUUID(), attempt: 1, input: null };
    expect((await poller.report('complete', nobody)).body.code).toBe('not_found');
    await poller.take({ waitMs: 0 });
    const [agent] = (await hub.client.agents.list({ capability: poller.name })).items;
    expect((await poller.report('complete', { ...nobody, id: agent!.id })).body.code).toBe('lease_lost');
  });

  test('another tenant may not report for the agent, and a key without agents:connect may nothing', async () => {
    const hub = shared();
    const poller = new Poller(hub);
    await poller.submit();
    const lease = await poller.takeOne();
    const other = await hub.keyOf('other', 'agents:connect');
    expect((await poller.report('complete', lease, {}, other)).body.code).toBe('not_found');
    const reader = await hub.keyOf('acme', 'tasks:read');
    expect((await poller.report('complete', lease, {}, reader)).body.code).toBe('forbidden');
    expect((await poller.ask({}, reader)).body.code).toBe('forbidden');
    expect((await poller.report('complete', lease)).status).toBe(200);
  });
});
