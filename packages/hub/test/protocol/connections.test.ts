import { describe, expect, test } from 'vitest';
import { closeCodes } from '../../src/api/index.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { defaultOffer, RawAgent } from '../kit/raw-agent.ts';
import { startHub } from '../kit/start-hub.ts';
import { storyOf, submit } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

describe('who may connect', () => {
  test('[HB-01] no key, a wrong one, and one without the permission are refused before the handshake', async () => {
    const hub = await startHub();
    const reader = await hub.keyOf('acme', 'tasks:read');
    for (const [key, status] of [
      ['rv_wrong', 401],
      [reader, 403],
    ] as const) {
      const agent = new RawAgent(hub.url, key);
      await expect(agent.opened).rejects.toThrow(`${status}`);
    }
  });
});

describe('one name, one agent', () => {
  test('[HB-01 register] who connects with a new name is registered; with a known one it is that agent again', async () => {
    const hub = await startHub();
    const first = await rawAgent(hub);
    const { items } = await hub.client.agents.list();
    expect(items).toMatchObject([{ name: 'raw', state: 'online', connected: true }]);
    first.vanish();
    await eventually(async () => (await hub.client.agents.list()).items[0]!.state === 'offline');
    const again = new RawAgent(hub.url, hub.key);
    expect((await again.hello({ slots: 7 })).agentId).toBe(items[0]!.id);
    expect((await hub.client.agents.list()).items).toMatchObject([{ id: items[0]!.id, slots: 7, state: 'online' }]);
  });

  test('[HB-01 register] the same name again replaces the older connection, whose reports then count for nothing', async () => {
    const hub = await startHub();
    const older = await rawAgent(hub);
    const id = await submit(hub);
    const lease = await older.next('lease');
    const newer = new RawAgent(hub.url, hub.key);
    const { kept } = await newer.hello({}, [lease]);
    expect(kept).toEqual([{ taskId: id, fence: lease.fence }]);
    older.succeed(lease, 'from the old one');
    expect(await older.closed).toMatchObject({ code: closeCodes.replaced });
    await newer.roundTrip();
    await taskIn(hub, id, 'leased');
    newer.succeed(lease, 'from the new one');
    expect((await ended(hub, id)).output).toBe('from the new one');
  });

  test('[HB-01 register] a hundred that connect with one new name at once become one agent with one connection', async () => {
    const hub = await startHub();
    const agents = Array.from({ length: 100 }, () => new RawAgent(hub.url, hub.key));
    await Promise.all(agents.map(({ opened }) => opened));
    for (const agent of agents) agent.send({ type: 'hello', offer: defaultOffer, resume: [] });
    const codes: number[] = [];
    for (const agent of agents) void agent.closed.then(({ code }) => codes.push(code));
    await eventually(() => codes.length === 99);
    expect(new Set(codes)).toEqual(new Set([closeCodes.replaced]));
    expect((await hub.client.agents.list()).items).toMatchObject([{ name: 'raw', connected: true }]);
  });

  test('[HB-01 register] two tenants may use the same name', async () => {
    const hub = await startHub();
    const [mine, theirs] = [await rawAgent(hub), await rawAgent({ ...hub, key: await hub.keyOf('other', '*') })];
    await Promise.all([mine.roundTrip(), theirs.roundTrip()]);
    expect((await hub.client.agents.list()).items).toHaveLength(2);
  });
});

describe('the greeting', () => {
  test('[HB-01 register] frames that follow hello in the same message, or before the welcome, are heeded after it', async () => {
    const hub = await startHub();
    const agent = new RawAgent(hub.url, hub.key);
    await agent.opened;
    agent.send({ type: 'hello', offer: defaultOffer, resume: [] }, { type: 'heartbeat' });
    agent.send({ type: 'heartbeat' });
    await agent.next('welcome');
    await agent.next('heartbeat');
    await agent.next('heartbeat');
  });

  test('[HB-08 heartbeat] a running lease is kept over a lost connection; one it knows nothing of goes to another', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 2 });
    const [kept, forgotten] = [
      await submit(hub, { maxAttempts: 1 }),
      await submit(hub, { backoff: { initialDelayMs: 0 } }),
    ];
    const leases = [await agent.next('lease'), await agent.next('lease')];
    agent.vanish();
    const again = new RawAgent(hub.url, hub.key);
    const welcome = await again.hello({ slots: 2 }, [leases[0]!]);
    expect(welcome.kept).toEqual([{ taskId: kept, fence: leases[0]!.fence }]);
    const newLease = await again.next('lease');
    expect(newLease).toMatchObject({ taskId: forgotten, attempt: 2 });
    expect(newLease.fence).toBeGreaterThan(leases[1]!.fence);
    again.succeed(leases[0]!, 'resumed');
    expect(await ended(hub, kept)).toMatchObject({ attempt: 1, output: 'resumed' });
  });

  test('[HB-08 heartbeat] the agent kit goes on with what it runs when its connection breaks', async () => {
    const hub = await startHub();
    const letFinish = Promise.withResolvers<void>();
    const attempts: number[] = [];
    const states: string[] = [];
    await startAgent(
      hub,
      async (_, { attempt }) => {
        attempts.push(attempt);
        await letFinish.promise;
        return 'survived';
      },
      { onState: (state) => states.push(state) },
    );
    const id = await submit(hub);
    await taskIn(hub, id, 'leased');
    // Another connection under its name would end the kit for good; a hub that closes with "going away" does not.
    await hub.stop();
    const after = await startHub({ after: hub });
    await eventually(() => states.filter((state) => state === 'online').length === 2);
    letFinish.resolve();
    expect((await ended(after, id)).output).toBe('survived');
    expect(attempts).toEqual([1]);
    expect((await storyOf(after, id)).map(({ type }) => type)).toEqual([
      'task.submitted',
      'task.leased',
      'task.succeeded',
    ]);
  });
});
