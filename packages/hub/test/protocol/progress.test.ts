import { describe, expect, onTestFinished, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import type { LeaseFrame, RawAgent } from '../kit/raw-agent.ts';
import { startHub } from '../kit/start-hub.ts';
import { submit, typesOf } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

const atOnce = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
const framesPerMessage = 200;

/** Reports as fast as the connection takes it, whatever it is told. @returns the messages sent so far. */
function reportForEver(agent: RawAgent, { taskId, fence }: LeaseFrame): () => number {
  let messages = 0;
  const report = (): void => {
    const frames = Array.from({ length: framesPerMessage }, (_, at) => ({
      type: 'progress',
      taskId,
      fence,
      value: messages * framesPerMessage + at,
    }));
    agent.send(...frames);
    messages += 1;
  };
  const timer = setInterval(report, 2);
  onTestFinished(() => clearInterval(timer));
  return () => messages;
}

describe('an agent that reports progress for ever', () => {
  test('[HB-09 time-out] loses the attempt when its time is over; others go on meanwhile, and nothing piles up', async () => {
    const hub = await startHub();
    const busybody = await rawAgent(hub, { name: 'busybody' });
    const id = await submit(hub, { timeoutMs: 1_500, maxAttempts: 2, backoff: atOnce });
    const lease = await busybody.next('lease');
    const successor = await rawAgent(hub, { name: 'successor' });
    successor.beat(500);
    const sent = reportForEver(busybody, lease);
    await startAgent(hub, async (input) => input, { offer: { name: 'other', capabilities: [{ name: 'else' }] } });
    for (let task = 0; task < 10; task++)
      expect((await ended(hub, await submit(hub, { requires: [{ name: 'else' }], input: task }))).output).toBe(task);
    expect(await busybody.next('cancel')).toMatchObject({ taskId: id, reason: 'the attempt took too long' });

    successor.succeed(await successor.next('lease'), 'done');
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', attempt: 2, output: 'done' });
    const heard = (): number => busybody.seen('lost').length;
    const before = { sent: sent(), heard: heard() };
    await eventually(() => sent() > before.sent + 50 && heard() > before.heard);
    // It is told, though not once for each report: all of a message wait for one look at the record.
    expect(heard() - before.heard).toBeLessThan((sent() - before.sent) * (framesPerMessage / 10));
    const story = ['task.submitted', 'task.leased', 'task.retrying', 'task.leased', 'task.succeeded'];
    expect(await typesOf(hub, id)).toEqual(story);
  });

  test('[HB-09 time-out] and far too much of it: it is shown what was left out', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub);
    const { taskId, fence } = await agent.next('lease');
    for (const value of ['x'.repeat(100_000), { done: 0.5 }]) {
      agent.send({ type: 'progress', taskId, fence, value });
      await agent.roundTrip();
      const { progress } = await hub.client.tasks.show({ id });
      if (typeof value === 'string')
        expect(progress).toEqual({ leftOut: '100002 characters of progress; at most 16384 are kept' });
      else expect(progress).toEqual(value);
    }
  });
});
