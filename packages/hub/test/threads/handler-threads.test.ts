import { fileURLToPath } from 'node:url';
import { connectAgent, type AgentConnection } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createHandlerThreads, type HandlerThreads, type HandlerThreadsOptions } from '../../src/adapters/index.ts';
import { loadHandlers } from '../../src/adapters/threads/load-handlers.ts';
import type { Task } from '../../src/api/index.ts';
import { startAgent } from '../kit/agents.ts';
import { LoopWatch } from '../kit/loop-watch.ts';
import { sharedHub } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

const shared = sharedHub();
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const fileOf = (name: string): string => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

async function threadsOf(options: Partial<HandlerThreadsOptions> = {}): Promise<HandlerThreads> {
  const threads = await createHandlerThreads({ module: fileOf('handlers'), maxThreads: 2, log: quiet, ...options });
  onTestFinished(async () => threads[Symbol.asyncDispose]());
  return threads;
}

/** An agent whose handlers run in threads. */
async function threadAgent(options: Partial<HandlerThreadsOptions> = {}): Promise<HandlerThreads> {
  const threads = await threadsOf(options);
  const offer = { name: 'threads', capabilities: [...threads.capabilities], slots: threads.maxThreads };
  await startAgent(shared(), threads.handler, { offer });
  return threads;
}

interface Wanted {
  readonly input?: unknown;
  readonly maxAttempts?: number;
}

function submitFor(capability: string, { input = null, maxAttempts = 1 }: Wanted = {}): Promise<string> {
  return submit(shared(), { requires: [{ name: capability }], input: input as null, maxAttempts });
}

async function run(capability: string, wanted: Wanted = {}): Promise<Task> {
  return ended(shared(), await submitFor(capability, wanted));
}

describe('a module of handlers as an agent', () => {
  test('[HB-06 threads] each handler runs off the main thread, as many at once as there are threads', async () => {
    await threadAgent();
    const input = { count: 2, room: 'two at once' };
    const meeting = await Promise.all([run('test.meet', { input }), run('test.meet', { input })]);
    expect(meeting.map(({ output }) => output)).toEqual([{ met: 2 }, { met: 2 }]);
    expect((await run('test.burn', { input: { ms: 1 } })).output).toMatchObject({ isMainThread: false });
  });

  test('[HB-06 event-loop] handlers that compute without a pause do not hold up the loop of hub and agent', async () => {
    await threadAgent();
    await run('test.burn', { input: { ms: 1 } }); // everything is loaded and warm
    using loop = new LoopWatch();
    await Promise.all(Array.from({ length: 6 }, () => run('test.burn', { input: { ms: 150 } })));
    expect(loop.longestBusyMs).toBeLessThan(50);
    expect(loop.samples).toBeGreaterThan(5);
  });

  test('[HB-06 pool] warm threads are there before the first task, more come with work, up to the limit', async () => {
    const threads = await threadAgent({ maxThreads: 3, warmThreads: 1 });
    expect(threads.threads).toBe(1);
    expect(threads.capabilities).toContainEqual({ name: 'test.add', proficiency: 0.9 });
    expect(threads.capabilities).toHaveLength(11);
    const input = { count: 3, room: 'three at once' };
    const meeting = Promise.all(Array.from({ length: 3 }, () => run('test.meet', { input })));
    await meeting;
    expect(threads.threads).toBe(3);
  });

  test('[HB-06 idle-time-out] threads that have nothing to do end, down to the warm ones', async () => {
    const threads = await threadAgent({ maxThreads: 3, warmThreads: 1, idleTimeoutMs: 50 });
    const input = { count: 3, room: 'and gone again' };
    await Promise.all(Array.from({ length: 3 }, () => run('test.meet', { input })));
    await eventually(() => threads.threads === 1);
    expect((await run('test.add', { input: { a: 1, b: 2 } })).output).toEqual({ sum: 3 });
  });

  test('the context knows the lease, and what the handler says arrives before its result', async () => {
    const said: unknown[] = [];
    const log = { ...quiet, info: (facts: object, message: string) => void said.push({ ...facts, message }) };
    const { handler } = await threadsOf({ log });
    const chunks: string[] = [];
    const facts = { taskId: 'the-task', attempt: 2, fence: 7, capability: 'test.facts' };
    const output = await handler(null, {
      ...facts,
      signal: new AbortController().signal,
      blob: () => Promise.reject(new Error('no blobs here')),
      emit: async (chunk) => void chunks.push(chunk),
      progress: (value) => void said.push(value),
    });
    expect(output).toEqual({ ...facts, idempotencyToken: 'the-task' });
    expect(chunks).toEqual(['first', 'second']);
    expect(said).toEqual([
      { taskId: 'the-task', attempt: 2, step: 1, message: 'a handler says something' },
      { done: 1 },
    ]);
  });
});

describe('one pool for many attempts', () => {
  let common: HandlerThreads;
  let agent: AgentConnection;
  beforeAll(async () => {
    common = await createHandlerThreads({ module: fileOf('handlers'), maxThreads: 2, memoryMib: 32, log: quiet });
    const offer = { name: 'common', capabilities: [...common.capabilities], slots: 2 };
    agent = await connectAgent({ url: shared().url, apiKey: shared().key, log: quiet, offer, handler: common.handler });
  });
  afterAll(async () => {
    await agent.stop({ drain: false });
    await common[Symbol.asyncDispose]();
  });

  describe('schemas of a handler', () => {
    test('[FD-01 input] an input that does not fit ends the task at once and says what does not fit', async () => {
      const { state, attempt, error } = await run('test.add', { input: { a: 1 }, maxAttempts: 3 });
      expect({ state, attempt }).toEqual({ state: 'dead', attempt: 1 });
      expect(error).toMatchObject({ code: 'invalid_input', details: { issues: [{ path: ['b'] }] } });
    });

    test('[FD-01 output] an output that does not fit is no success', async () => {
      const { state, error } = await run('test.lie');
      expect({ state, code: error?.code }).toEqual({ state: 'dead', code: 'handler_output_invalid' });
    });

    test('an error says itself whether another attempt can help', async () => {
      const { attempt, error } = await run('test.throw', { input: { retryable: false }, maxAttempts: 2 });
      expect(attempt).toBe(1);
      expect(error).toMatchObject({ code: 'not_today', message: 'not today', details: { day: 'Monday' } });
    });
  });

  describe('a thread that goes', () => {
    test.each([
      ['exits', 'test.exit', 'handler_thread_ended', /exited with code: 3/],
      ['crashes', 'test.crash', 'handler_thread_ended', /nobody catches this/],
      ['runs out of memory', 'test.devour', 'handler_out_of_memory', /more memory/],
    ])('[HB-06 threads] and %s fails only its own attempt', async (_, capability, code, message) => {
      const other = submitFor('test.burn', { input: { ms: 300 } });
      const { error } = await run(capability);
      expect(error).toMatchObject({ code, message: expect.stringMatching(message), retryable: true });
      expect((await ended(shared(), await other)).state).toBe('succeeded');
      expect((await run('test.add', { input: { a: 20, b: 3 } })).output).toEqual({ sum: 23 });
    });
  });
});

describe('an attempt that is not wanted any more', () => {
  test('[HB-09 cancel] reaches the signal of the handler, and its thread is free for the next', async () => {
    const threads = await threadAgent({ maxThreads: 1 });
    const id = await submitFor('test.heed');
    await eventually(async () => (await shared().client.tasks.show({ id })).progress === 'listening');
    await shared().client.tasks.cancel({ id });
    expect((await run('test.add', { input: { a: 1, b: 1 } })).output).toEqual({ sum: 2 });
    expect(threads.threads).toBe(1);
  });

  test('[HB-09 cancel] a handler that ignores its signal is ended with its thread after the grace', async () => {
    await threadAgent({ maxThreads: 1, graceMs: 100 });
    const id = await submitFor('test.ignore');
    await eventually(async () => (await shared().client.tasks.show({ id })).progress === 'busy');
    await shared().client.tasks.cancel({ id });
    expect((await taskIn(shared(), id, 'cancelled')).state).toBe('cancelled');
    expect((await run('test.add', { input: { a: 1, b: 1 } })).output).toEqual({ sum: 2 });
  });
});

describe('a module that cannot be used', () => {
  test.each([
    ['missing', /cannot be loaded/],
    ['throws-at-load', /no licence found/],
    ['no-handlers', /exports no handler/],
    ['two-of-a-name', /two handlers for test\.same/],
    ['reserved-name', /capability is a reserved capability name/],
  ])('is refused: %s', async (name, message) => {
    const refusal = { code: 'handler_module_unusable', message: expect.stringMatching(message) };
    await expect(loadHandlers(fileOf(name))).rejects.toMatchObject(refusal);
  });

  test.each([
    ['no-handlers', /exports no handler/],
    ['exits-at-load', /ended the thread that loaded it/],
  ])('is refused at the start: %s', async (name, message) => {
    const refusal = { code: 'handler_module_unusable', message: expect.stringMatching(message) };
    await expect(threadsOf({ module: fileOf(name) })).rejects.toMatchObject(refusal);
  });

  test.each([{ maxThreads: 101 }, { maxThreads: 0 }, { maxThreads: 1.5 }, { maxThreads: 2, warmThreads: 3 }])(
    '[HB-06 pool] a pool of %o is refused',
    async (options) => {
      await expect(threadsOf(options)).rejects.toMatchObject({ code: 'invalid_input' });
    },
  );
});
