import type { ReeveError } from '@reeve/kernel';
import { assert, describe, expect, test } from 'vitest';
import { TaskSubmission } from '../../src/api/index.ts';
import type { AttachedTask } from '../../src/services/attached-tasks.ts';
import { rawAgent } from '../kit/agents.ts';
import type { RawAgent } from '../kit/raw-agent.ts';
import { startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

const atOnce = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
const breaker = { failures: 3, initialPauseMs: 300, maxPauseMs: 60_000 };

/** Lets the agent fail so many tasks that nobody tries again. */
async function failTasks(hub: HubUnderTest, agent: RawAgent, count: number, error = {}): Promise<void> {
  for (let task = 0; task < count; task++) {
    const id = await submit(hub, { maxAttempts: 1 });
    agent.fail(await agent.next('lease'), error);
    await ended(hub, id);
  }
}

/** Work that somebody waits for on a connection, and that is tried again after a minute. */
function attach(hub: HubUnderTest): AttachedTask {
  const backoff = { initialDelayMs: 60_000, factor: 1, maxDelayMs: 60_000, jitter: 0 };
  const submission = TaskSubmission.parse({ requires: [{ name: 'echo' }], backoff });
  const { signal } = new AbortController();
  return hub.hub.attach({ tenant: 'acme', submission, onChunks: () => {}, signal, durability: 'sync' });
}

async function breakerOf(hub: HubUnderTest) {
  return (await hub.client.agents.list()).items[0]!.breaker;
}

async function breakerEvents(hub: HubUnderTest): Promise<string[]> {
  const { items } = await hub.client.events.list({ limit: 1_000 });
  return items.map(({ type }) => type).filter((type) => type.startsWith('agent.breaker'));
}

describe('the circuit breaker of an agent', () => {
  test('[HB-12 open visible] opens when it fails task after task: it gets nothing, and everybody can see why', async () => {
    const hub = await startHub({ settings: { breaker: { ...breaker, initialPauseMs: 60_000 } } });
    const agent = await rawAgent(hub);
    await failTasks(hub, agent, 3);
    const { items } = await hub.client.agents.list();
    expect(items[0]).toMatchObject({ state: 'online', breaker: { state: 'open', failures: 3 } });
    expect(items[0]!.breaker.retryAtMs! - Date.now()).toBeGreaterThan(30_000);
    const id = await submit(hub);
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    const { summary, agents } = await hub.client.tasks.explain({ id });
    expect(summary).toBe('One agent could do it, but it failed too often and is given a pause.');
    expect(agents[0]).toMatchObject({
      eligible: false,
      failed: { requirement: 'circuit breaker', wanted: 'closed', found: 'open' },
    });
    expect(await hub.metric('reeve_hub_breakers_opened_total')).toBe(1);
    expect(await hub.metric('reeve_hub_broken_agents')).toBe(1);
    await eventually(
      () => breakerEvents(hub),
      (types) => types.includes('agent.breaker_opened'),
    );
  });

  test('[HB-12 open] what an agent calls permanent is the fault of the input and opens nothing', async () => {
    const hub = await startHub({ settings: { breaker } });
    const agent = await rawAgent(hub);
    await failTasks(hub, agent, 5, { retryable: false });
    expect(await breakerOf(hub)).toEqual({ state: 'closed', failures: 0 });
  });

  test('[HB-12 half-open recovery] after the pause it is tried with a single task; when that succeeds it is as before', async () => {
    const hub = await startHub({ settings: { breaker } });
    const agent = await rawAgent(hub, { slots: 10 });
    await failTasks(hub, agent, 3);
    for (let task = 0; task < 4; task++) await submit(hub, { input: task });
    const probe = await agent.next('lease');
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    expect((await breakerOf(hub)).state).toBe('halfOpen');
    agent.succeed(probe);
    await agent.run(3);
    expect(await breakerOf(hub)).toEqual({ state: 'closed', failures: 0 });
    const types = await eventually(
      () => breakerEvents(hub),
      (seen) => seen.includes('agent.breaker_closed'),
    );
    expect(types).toEqual(['agent.breaker_opened', 'agent.breaker_half_open', 'agent.breaker_closed']);
  });

  test('[HB-12 half-open] a probe that fails opens it again, and the task goes elsewhere meanwhile', async () => {
    const hub = await startHub({ settings: { breaker } });
    const agent = await rawAgent(hub);
    await failTasks(hub, agent, 3);
    const id = await submit(hub, { backoff: atOnce });
    agent.fail(await agent.next('lease'));
    await eventually(
      () => breakerOf(hub),
      ({ state }) => state === 'open',
    );
    const other = await rawAgent(hub, { name: 'other' });
    other.succeed(await other.next('lease'));
    expect((await ended(hub, id)).state).toBe('succeeded');
  });

  test('[HB-12 at-once] whoever waits on a connection is told when all who could do it have a pause, and what waits is withdrawn', async () => {
    const hub = await startHub({ settings: { breaker: { ...breaker, failures: 2, initialPauseMs: 60_000 } } });
    const agent = await rawAgent(hub);
    const [failed, fails, queued] = [attach(hub), attach(hub), attach(hub)];
    // Handed over while they are being written; from then on the record tells of them.
    for (const { taskId } of [failed, fails, queued])
      await eventually(() => hub.client.tasks.show({ id: taskId }).catch(() => undefined));
    agent.fail(await agent.next('lease'));
    await taskIn(hub, failed.taskId, 'scheduled');
    agent.fail(await agent.next('lease'));
    for (const { taskId, output } of [failed, fails, queued]) {
      const refused = output.then(assert.fail, (error: ReeveError) => error);
      expect(await taskIn(hub, taskId, 'cancelled')).toMatchObject({ error: { code: 'agents_paused' } });
      expect(await refused).toMatchObject({ code: 'agents_paused', status: 503 });
      expect((await refused).retryAfterMs).toBeGreaterThan(30_000);
    }
    expect(() => attach(hub)).toThrow(expect.objectContaining({ code: 'agents_paused' }));
    const submitted = await submit(hub);
    expect((await hub.client.hub.status()).tasks).toEqual({ waiting: 1, leased: 0, delayed: 0 });
    // One that has no pause may take it at any moment: then it is worth waiting.
    const other = await rawAgent(hub, { name: 'other', slots: 2 });
    const served = attach(hub);
    const leases = [await other.next('lease'), await other.next('lease')];
    for (const lease of leases) other.succeed(lease, 'served');
    expect(await served.output).toBe('"served"');
    expect((await ended(hub, submitted)).state).toBe('succeeded');
  });

  test('[HB-12 open] [HB-09 dead-letters] a task that kills every agent that takes it dies with a clear error, and other work goes on', async () => {
    const hub = await startHub({ settings: { breaker } });
    const killed: string[] = [];
    /** Ends without a word when it is given the poison, and comes back as a supervisor would bring it back. */
    const supervise = async (name: string): Promise<void> => {
      const agent = await rawAgent(hub, { name });
      for (;;) {
        const lease = await agent.next('lease');
        if (lease.input !== 'poison') agent.succeed(lease);
        else {
          killed.push(name);
          agent.vanish();
          return supervise(name);
        }
      }
    };
    for (const name of ['one', 'two', 'three']) supervise(name).catch(() => {}); // they go on until the test is over
    await eventually(async () => (await hub.client.hub.status()).agents.online === 3);
    const poison = await submit(hub, { input: 'poison', maxAttempts: 6, backoff: atOnce });
    const others = await Promise.all(Array.from({ length: 20 }, () => submit(hub)));
    const dead = await ended(hub, poison);
    expect(dead).toMatchObject({ state: 'dead', attempt: 6, error: { code: 'lease_expired' } });
    expect(killed).toHaveLength(6);
    expect(new Set(killed).size, 'each is spared after its turn').toBeGreaterThan(1);
    for (const id of others) expect((await ended(hub, id)).state).toBe('succeeded');
    const { items } = await hub.client.agents.list();
    expect(items.map((agent) => agent.breaker.state)).toEqual(['closed', 'closed', 'closed']);
    expect((await hub.client.tasks.list({ state: 'dead' })).items).toMatchObject([{ id: poison }]);
  });

  test('[HB-12 half-open] one that was open when the hub went down is tried with a single task after the restart', async () => {
    const first = await startHub({ settings: { breaker: { ...breaker, initialPauseMs: 60_000 } } });
    await failTasks(first, await rawAgent(first), 3);
    await eventually(() => breakerEvents(first));
    await first.stop();
    const hub = await startHub({ after: first, settings: { breaker } });
    expect((await breakerOf(hub)).state).toBe('halfOpen');
    const agent = await rawAgent(hub, { slots: 5 });
    const ids = [await submit(hub), await submit(hub)];
    agent.succeed(await agent.next('lease'));
    agent.succeed(await agent.next('lease'));
    await Promise.all(ids.map((id) => taskIn(hub, id, 'succeeded')));
    expect((await breakerOf(hub)).state).toBe('closed');
  });
});
