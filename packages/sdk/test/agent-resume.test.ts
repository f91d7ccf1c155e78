import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentHarness, untilAborted } from './agent-harness.ts';
import { type Frame, lease } from './wire-hub.ts';

let harness: AgentHarness;
beforeEach(async () => {
  harness = await AgentHarness.open();
});
afterEach(() => harness[Symbol.asyncDispose]());

const ofLease = ({ taskId, fence }: { taskId: string; fence: number }) => ({ taskId, fence });

describe('after a lost connection', () => {
  test('[HB-08] a result that was not acknowledged is sent again until it is', async () => {
    let runs = 0;
    const [, first] = await harness.online(async () => ++runs);
    const given = lease(null);
    first.send(given);
    const result = await first.next('succeeded');
    first.socket.terminate();

    const second = await harness.hub.connection();
    const hello = await second.welcome();
    expect(hello['resume']).toEqual([ofLease(given)]);
    expect(await second.next('succeeded')).toEqual(result);
    second.socket.terminate();

    const third = await harness.nextConnection();
    expect(await third.next('succeeded')).toEqual(result);
    third.send({ type: 'accepted', ...ofLease(given) });
    third.send(lease(null)); // its result shows that the acknowledgement was read
    await third.next('succeeded');
    third.socket.terminate();

    const fourth = await harness.hub.connection();
    expect((await fourth.welcome())['resume']).toHaveLength(1);
    expect(runs).toBe(2);
  });

  test('a result that is said to be lost is forgotten', async () => {
    const [, first] = await harness.online(async () => 1);
    const given = lease(null);
    first.send(given);
    await first.next('succeeded');
    first.send({ type: 'lost', ...ofLease(given) });
    const marker = lease(null);
    first.send(marker);
    await first.next('succeeded');
    first.send({ type: 'accepted', ...ofLease(marker) });
    first.send({ type: 'heartbeat' });
    first.socket.close(1001);
    const second = await harness.hub.connection();
    expect((await second.welcome())['resume']).toEqual([]);
  });

  test('[HB-08] work on a lease that was kept goes on; work on one that was not is aborted', async () => {
    const aborted: number[] = [];
    const finish = new Map<number, () => void>();
    const [agent, first] = await harness.online(async (_, { fence, signal }) => {
      const done = new Promise<string>((resolve) => finish.set(fence, () => resolve('done')));
      return Promise.race([done, untilAborted(signal)]).catch((error: unknown) => {
        aborted.push(fence);
        throw error;
      });
    });
    const kept = lease(null);
    const lost = lease(null);
    first.send(kept, lost);
    await expect.poll(() => agent.running).toBe(2);
    first.socket.terminate();

    const second = await harness.hub.connection();
    const hello = await second.welcome({ kept: [ofLease(kept)] });
    expect(hello['resume']).toEqual([ofLease(kept), ofLease(lost)]);
    await expect.poll(() => aborted).toEqual([lost.fence]);
    finish.get(kept.fence)!();
    expect(await second.next('succeeded')).toMatchObject({ ...ofLease(kept), output: 'done' });
    expect(second.seen('failed')).toEqual([]);
  });

  test('what is finished while there is no hub is told to the next', async () => {
    const gate = Promise.withResolvers<string>();
    const [agent, first] = await harness.online(() => gate.promise);
    const given = lease(null);
    first.send(given);
    await expect.poll(() => agent.running).toBe(1);
    first.socket.terminate();
    await expect.poll(() => agent.state).not.toBe('online');
    gate.resolve('made alone');
    const second = await harness.nextConnection([given]);
    expect(await second.next('succeeded')).toMatchObject({ output: 'made alone' });
  });

  test('a stream is sent again from the first chunk without credit, then its result', async () => {
    const go = Promise.withResolvers<void>();
    const [, first] = await harness.online(async (_, { emit }) => {
      for (const chunk of ['one', 'two', 'three']) await emit(chunk);
      await go.promise;
      await emit('four');
      return 'end';
    });
    const given = lease(null);
    first.send(given);
    expect(await first.next('chunks')).toMatchObject({ index: 0, data: ['one', 'two', 'three'] });
    first.send({ type: 'credit', ...ofLease(given), amount: 5 }); // 'one', and two of the units of 'two'
    first.send(lease(null));
    await first.next('chunks'); // of the marker: the credit was read
    first.socket.terminate();

    const second = await harness.nextConnection([given]);
    const again = await second.next('chunks');
    expect(again).toMatchObject({ ...ofLease(given), index: 1, data: ['two', 'three'] });
    go.resolve();
    const frames: Frame[] = [await second.next('chunks'), await second.next('succeeded')];
    expect(frames).toMatchObject([{ index: 3, data: ['four'] }, { output: 'end' }]);
  });
});
