/** A module of handlers, as a user writes one; most of these misbehave. */
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';
import { z } from 'zod';
import { defineHandler } from '../../src/api/index.ts';

const anything = z.json().default(null);

export const add = defineHandler({
  capability: 'test.add',
  proficiency: 0.9,
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: (_context, { a, b }) => ({ sum: a + b }),
});

/** Keeps its processor busy and does not give its thread back. */
export const burn = defineHandler({
  capability: 'test.burn',
  input: z.object({ ms: z.number() }),
  output: z.object({ isMainThread: z.boolean(), threadId: z.int() }),
  run(_context, { ms }) {
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs);
    return { isMainThread, threadId };
  },
});

/** Ends only when so many of its kind are at work at the same time. */
export const meet = defineHandler({
  capability: 'test.meet',
  input: z.object({ count: z.int(), room: z.string() }),
  output: z.object({ met: z.int() }),
  async run({ signal }, { count, room }) {
    const met = new Set([threadId]);
    const channel = new BroadcastChannel(room);
    await new Promise<void>((resolve, reject) => {
      const call = () => channel.postMessage(threadId);
      const calling = setInterval(call, 5);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      channel.onmessage = ({ data }) => {
        met.add(data as number);
        if (met.size < count) return;
        call(); // so that the others see this one too
        clearInterval(calling);
        resolve();
      };
    }).finally(() => channel.close());
    return { met: met.size };
  },
});

export const several = [
  defineHandler({
    capability: 'test.heed',
    input: anything,
    output: anything,
    run: ({ signal, progress }) =>
      new Promise<null>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        progress('listening');
      }),
  }),
  defineHandler({
    capability: 'test.ignore',
    input: anything,
    output: anything,
    async run({ progress }) {
      progress('busy');
      await new Promise((resolve) => setImmediate(resolve)); // lets the word leave
      for (;;);
    },
  }),
  defineHandler({
    capability: 'test.exit',
    input: anything,
    output: anything,
    run: () => process.exit(3),
  }),
  defineHandler({
    capability: 'test.crash',
    input: anything,
    output: anything,
    run: () =>
      new Promise<null>(() => {
        setImmediate(() => {
          throw new Error('nobody catches this');
        });
      }),
  }),
  defineHandler({
    capability: 'test.devour',
    input: anything,
    output: anything,
    run() {
      const kept: unknown[] = [];
      for (;;) kept.push(Array.from({ length: 10_000 }, () => ({})));
    },
  }),
  defineHandler({
    capability: 'test.throw',
    input: z.object({ retryable: z.boolean() }),
    output: anything,
    run(_context, { retryable }) {
      throw Object.assign(new Error('not today'), { code: 'not_today', retryable, details: { day: 'Monday' } });
    },
  }),
  defineHandler({
    capability: 'test.lie',
    input: anything,
    output: z.object({ sum: z.number() }),
    run: () => ({ sum: 'many' }) as unknown as { sum: number },
  }),
  defineHandler({
    capability: 'test.facts',
    input: anything,
    output: anything,
    async run({ lease, emit, log, progress }) {
      log.info({ step: 1 }, 'a handler says something');
      progress({ done: 1 });
      await emit('first');
      void emit('second');
      return { ...lease };
    },
  }),
];
