import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentHarness, untilAborted } from './agent-harness.ts';
import { lease, WireHub } from './wire-hub.ts';

let harness: AgentHarness;
beforeEach(async () => {
  harness = await AgentHarness.open();
});
afterEach(() => harness[Symbol.asyncDispose]());

describe('stopping', () => {
  test('drains: finishes what runs, declines what comes, waits for the acknowledgement, closes in order', async () => {
    const gate = Promise.withResolvers<string>();
    const [agent, connection] = await harness.online(() => gate.promise);
    const given = lease(null);
    connection.send(given);
    await expect.poll(() => agent.running).toBe(1);
    const stopping = agent.stop();
    await connection.next('draining');
    expect(agent.state).toBe('draining');

    const late = lease(null);
    connection.send(late);
    expect(await connection.next('declined')).toMatchObject({ taskId: late.taskId, reason: 'the agent is draining' });
    connection.send({ type: 'accepted', taskId: late.taskId, fence: late.fence });

    gate.resolve('finished');
    expect(await connection.next('succeeded')).toMatchObject({ output: 'finished' });
    await wait(30);
    expect(agent.state).toBe('draining'); // the result could still be lost on the way
    connection.send({ type: 'accepted', taskId: given.taskId, fence: given.fence });
    await stopping;
    expect(await agent.closed).toEqual({ kind: 'stopped' });
    expect(await connection.closed).toMatchObject({ code: 1000 });
  });

  test('after the time for draining, what still runs is given back', async () => {
    const [agent, connection] = await harness.online((_, { signal }) => untilAborted(signal));
    const given = lease(null);
    connection.send(given);
    await expect.poll(() => agent.running).toBe(1);
    await agent.stop({ drainTimeoutMs: 40 });
    expect(await connection.next('declined')).toMatchObject({ taskId: given.taskId, reason: 'the agent stops' });
    await connection.closed;
  });

  test('without draining, gives back at once, and ends only when the handlers have', async () => {
    let cleanedUp = false;
    const [agent, connection] = await harness.online(async (_, { signal }) => {
      await untilAborted(signal).catch(() => wait(60));
      cleanedUp = true;
    });
    connection.send(lease(null));
    await expect.poll(() => agent.running).toBe(1);
    await agent.stop({ drain: false });
    expect(cleanedUp).toBe(true);
    expect(connection.seen('declined')).toHaveLength(1);
  });

  test('a drain goes on over a lost connection: the result still gets to the hub', async () => {
    const gate = Promise.withResolvers<string>();
    const [agent, first] = await harness.online(() => gate.promise);
    const given = lease(null);
    first.send(given);
    await expect.poll(() => agent.running).toBe(1);
    const stopping = agent.stop();
    await first.next('draining');
    first.socket.terminate();
    const second = await harness.nextConnection([given]);
    await second.next('draining');
    gate.resolve('at last');
    expect(await second.next('succeeded')).toMatchObject({ output: 'at last' });
    second.send({ type: 'accepted', taskId: given.taskId, fence: given.fence });
    await stopping;
  });

  test('while no hub is there, ends at once', async () => {
    const [agent] = await harness.online(async () => null);
    await harness.hub.close();
    await expect.poll(() => agent.state).toBe('waiting');
    await agent.stop();
    expect(agent.state).toBe('closed');
    harness.hub = await WireHub.listen();
  });

  test('twice is once, and a second one without draining cuts the first short', async () => {
    const [agent, connection] = await harness.online((_, { signal }) => untilAborted(signal));
    connection.send(lease(null));
    await expect.poll(() => agent.running).toBe(1);
    const draining = agent.stop();
    await connection.next('draining');
    await agent.stop({ drain: false });
    await draining;
    await agent.stop();
    expect(await agent.closed).toEqual({ kind: 'stopped' });
  });
});
