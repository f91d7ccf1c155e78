import { setTimeout as wait } from 'node:timers/promises';
import { NotFound, Overloaded } from '@reeve/kernel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Handler, TaskContext } from '../src/index.ts';
import { AgentHarness, untilAborted } from './agent-harness.ts';
import { lease } from './wire-hub.ts';

let harness: AgentHarness;
beforeEach(async () => {
  harness = await AgentHarness.open();
});
afterEach(() => harness[Symbol.asyncDispose]());

describe('a lease', () => {
  test('is run with its input, and its result goes back under its fence', async () => {
    let seen: unknown;
    const [, connection] = await harness.online(async (input, { taskId, attempt, fence, capability }) => {
      seen = { taskId, attempt, fence, capability };
      return { doubled: (input as { n: number }).n * 2 };
    });
    const given = lease({ n: 21 }, { attempt: 3 });
    connection.send(given);
    const { taskId, fence } = given;
    expect(await connection.next('succeeded')).toEqual({ type: 'succeeded', taskId, fence, output: { doubled: 42 } });
    expect(seen).toEqual({ taskId, attempt: 3, fence, capability: 'echo' });
  });

  test('shares messages with others: five hundred results need a handful', async () => {
    const [agent, connection] = await harness.online(async (input) => input);
    const leases = Array.from({ length: 500 }, (_, index) => lease(index));
    connection.send(...leases);
    for (const { input } of leases) expect(await connection.next('succeeded')).toMatchObject({ output: input });
    expect(connection.messageSizes.length).toBeLessThan(20);
    expect(agent.running).toBe(0);
  });

  test('that comes twice is run once', async () => {
    let runs = 0;
    const [, connection] = await harness.online(async () => ++runs);
    const given = lease(null);
    connection.send(given, given);
    connection.send(lease('last'));
    await connection.next('succeeded');
    await connection.next('succeeded');
    expect(runs).toBe(2);
  });

  test('goes to the handler of its capability', async () => {
    const handlers: Record<string, Handler> = {
      'text.up': async (text) => (text as string).toUpperCase(),
      same: async (x) => x,
    };
    const offer = { name: 'two', capabilities: Object.keys(handlers).map((name) => ({ name })) };
    const [, connection] = await harness.online(undefined as never, { offer, handlers, handler: undefined } as never);
    connection.send(lease('a', { capability: 'text.up' }), lease('b', { capability: 'same' }));
    expect(await connection.next('succeeded')).toMatchObject({ output: 'A' });
    expect(await connection.next('succeeded')).toMatchObject({ output: 'b' });
    connection.send(lease('c', { capability: 'unknown' }));
    expect(await connection.next('failed')).toMatchObject({
      error: { code: 'capability_not_handled', retryable: true },
    });
  });

  test('reports progress: only the newest value of a turn', async () => {
    const [, connection] = await harness.online(async (_, { progress }) => {
      for (let percent = 1; percent <= 100; percent++) progress({ percent });
      await wait(20);
      return null;
    });
    connection.send(lease(null));
    await connection.next('succeeded');
    expect(connection.seen('progress')).toMatchObject([{ value: { percent: 100 } }]);
  });
});

describe('a failure', () => {
  class Odd extends Error {
    readonly retryable = false;
    readonly code = 'ODD';
  }
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const cases: Array<[string, () => unknown, object]> = [
    [
      'of the kernel that cannot be mended',
      () => {
        throw NotFound.error('no page 9', { details: { page: 9 } });
      },
      { code: 'not_found', message: 'no page 9', retryable: false, details: { page: 9 } },
    ],
    [
      'of the kernel that can',
      () => {
        throw Overloaded.error('later');
      },
      { code: 'overloaded', retryable: true },
    ],
    [
      'that says of itself that a retry is in vain',
      () => {
        throw new Odd('odd');
      },
      { code: 'ODD', retryable: false },
    ],
    [
      'that is a defect',
      () => {
        throw new TypeError('x is undefined');
      },
      { code: 'handler_failed', message: 'x is undefined', retryable: true },
    ],
    [
      'that is no error at all',
      () => {
        throw 'just text' as unknown as Error;
      },
      { code: 'handler_failed', message: 'just text' },
    ],
    [
      'that has no text',
      () => {
        throw Object.create(null);
      },
      { code: 'handler_failed', retryable: true },
    ],
    [
      'with details JSON cannot carry',
      () => {
        throw NotFound.error('gone', { details: cyclic as never });
      },
      { code: 'not_found' },
    ],
    [
      'with a very long message',
      () => {
        throw new Error('x'.repeat(10_000));
      },
      { message: 'x'.repeat(4_000) },
    ],
    ['to return JSON', () => () => {}, { code: 'output_not_json', retryable: false }],
    ['to return JSON, for a bigint', () => ({ amount: 1n }), { code: 'output_not_json', retryable: false }],
    ['to return JSON, for a cycle', () => cyclic, { code: 'output_not_json', retryable: false }],
    ['to keep within the limit', () => 'x'.repeat(262_143), { code: 'output_too_large', retryable: false }],
    ['to keep within the limit in bytes', () => 'ß'.repeat(131_072), { code: 'output_too_large', retryable: false }],
  ];

  test.each(cases)('[FD-01] %s is told as what it is', async (_, act, error) => {
    const [, connection] = await harness.online(async () => act());
    connection.send(lease(null));
    expect(await connection.next('failed')).toMatchObject({ error });
  });

  test('thrown before there is a promise is one all the same', async () => {
    const [, connection] = await harness.online(() => {
      throw new Error('at once');
    });
    connection.send(lease(null));
    expect(await connection.next('failed')).toMatchObject({ error: { message: 'at once' } });
  });

  test('the largest output there may be is no failure', async () => {
    const [, connection] = await harness.online(async () => 'x'.repeat(262_142));
    connection.send(lease(null));
    const { output } = await connection.next('succeeded');
    expect((output as string).length).toBe(262_142);
  });

  test('nothing returned is null', async () => {
    const [, connection] = await harness.online(async () => undefined);
    connection.send(lease(null));
    expect(await connection.next('succeeded')).toMatchObject({ output: null });
  });
});

describe('an attempt that is not wanted any more', () => {
  /** Runs until its signal is aborted, and tells the reason. */
  function patient(): { handler: Handler; aborted: Promise<Error>; started: Promise<TaskContext> } {
    const aborted = Promise.withResolvers<Error>();
    const started = Promise.withResolvers<TaskContext>();
    const handler: Handler = async (_, context) => {
      started.resolve(context);
      return untilAborted(context.signal).catch((reason: Error) => {
        aborted.resolve(reason);
        return 'too late';
      });
    };
    return { handler, aborted: aborted.promise, started: started.promise };
  }

  test.each([
    ['cancel', { reason: 'by its submitter' }, 'by its submitter'],
    ['lost', {}, 'the lease is lost'],
  ])('[HB-09] %s reaches the signal of the handler, and nothing more is sent', async (type, fields, reason) => {
    const { handler, aborted, started } = patient();
    const [agent, connection] = await harness.online(handler);
    const given = lease(null);
    connection.send(given);
    const context = await started;
    connection.send({ type, taskId: given.taskId, fence: given.fence, ...fields });
    expect((await aborted).message).toBe(reason);
    await expect(context.emit('late')).rejects.toThrow(reason);
    context.progress('late');
    connection.send(lease(null));
    await expect.poll(() => agent.running).toBe(1);
    expect(connection.seen('succeeded')).toEqual([]);
    expect(connection.seen('progress')).toEqual([]);
    expect(connection.seen('chunks')).toEqual([]);
  });

  test('[HB-09 time-out] a time-out aborts the handler and is told as a failure, whatever the handler returns', async () => {
    const { handler, aborted } = patient();
    const [agent, connection] = await harness.online(handler);
    const startedMs = performance.now();
    connection.send(lease(null, { timeoutMs: 60 }));
    const ending = await connection.next('failed', 'succeeded');
    expect(ending).toMatchObject({ type: 'failed', error: { code: 'attempt_timed_out', retryable: true } });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59);
    await aborted;
    expect(agent.running).toBe(0);
    await wait(30);
    expect(connection.seen('succeeded')).toEqual([]);
  });

  test('[HB-09 time-out] each attempt has its own time', async () => {
    const [, connection] = await harness.online((_, { signal }) => untilAborted(signal));
    const leases = [200, 40, 120, 40, 80].map((timeoutMs) => ({ timeoutMs, ...lease(null, { timeoutMs }) }));
    connection.send(...leases);
    const startedMs = performance.now();
    for (const { fence, timeoutMs } of leases.toSorted((a, b) => a.timeoutMs - b.timeoutMs)) {
      expect(await connection.next('failed')).toMatchObject({ fence });
      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(timeoutMs - 1);
    }
  });

  test('a deadline before the time-out ends it', async () => {
    const [, connection] = await harness.online((_, { signal }) => untilAborted(signal));
    connection.send(lease(null, { timeoutMs: 60_000, deadlineAtMs: Date.now() + 40 }));
    expect(await connection.next('failed')).toMatchObject({ error: { code: 'attempt_timed_out' } });
  });

  test('a handler that first looks at its signal afterwards finds it aborted', async () => {
    const looked = Promise.withResolvers<boolean>();
    const go = Promise.withResolvers<void>();
    const [agent, connection] = await harness.online(async (_, context) => {
      await go.promise;
      looked.resolve(context.signal.aborted);
    });
    const given = lease(null);
    connection.send(given);
    await expect.poll(() => agent.running).toBe(1);
    connection.send({ type: 'cancel', taskId: given.taskId, fence: given.fence, reason: 'x' });
    await expect.poll(() => agent.running).toBe(0);
    go.resolve();
    expect(await looked.promise).toBe(true);
  });
});
