import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../../../tests/simulators/openai-backend.ts';
import { createMarketNode, createOpenAiBackend, type MarketNode, type WholeAnswer } from '../../src/node/index.ts';
import { asking, completionOf, contentOf, failureOf, never } from './reading.ts';
import { contextFor } from './task-context.ts';

const capability = 'llm.chat:sim-small';
const streaming = { stream: true, stream_options: { include_usage: true } };
let simulator: BackendSimulator;
let node: MarketNode;
beforeAll(async () => {
  simulator = await startBackendSimulator({
    models: ['sim-small', 'My Model (v2)', 'Großes Modell', 'My Spaced Model'],
  });
  const backend = createOpenAiBackend({ url: simulator.url, firstByteTimeoutMs: 150, idleTimeoutMs: 150 });
  node = await createMarketNode({ backend }, never);
});
afterEach(() => simulator.behave({}));
afterAll(async () => {
  await node.close();
  await simulator.close();
});

describe('a whole answer', () => {
  test("[MK-02] is the backend's text, byte for byte, with what the hub needs beside it", async () => {
    const context = contextFor(capability);
    const output = (await node.handler(asking('hi'), context)) as WholeAnswer;
    expect(output).toEqual({
      streamed: false,
      completion: expect.any(String),
      pieces: 0,
      finishReason: 'stop',
      usage: { promptTokens: 4, completionTokens: 8 },
      durationMs: expect.any(Number),
    });
    expect(completionOf(output.completion!).choices[0]!.message.content).toMatch(/^Hello from the simulated/);
    expect(context.emitted).toEqual([]);
  });

  test('[MK-02] that is not JSON is an error that may be tried again', async () => {
    simulator.behave({ fault: 'not-json' });
    const error = await failureOf(node.handler(asking('hi'), contextFor(capability)));
    expect(error).toMatchObject({ code: 'backend_malformed', retryable: true });
  });

  test('without a choice is an error', async () => {
    const error = await failureOf(node.handler(asking('hi', { n: 0 }), contextFor(capability)));
    expect(error).toMatchObject({ code: 'backend_failed' });
  });
});

describe('a streamed answer', () => {
  test('[MK-02] is emitted chunk by chunk as it comes, and summed up', async () => {
    const context = contextFor(capability);
    const output = await node.handler(asking('hi', streaming), context);
    expect(contentOf(context.emitted)).toMatch(/^Hello from the simulated/);
    expect(output).toEqual({
      streamed: true,
      finishReason: 'stop',
      usage: { promptTokens: 4, completionTokens: 8 },
      chunks: 11,
      firstTokenMs: expect.any(Number),
      durationMs: expect.any(Number),
    });
  });

  test('[MK-01] measures the first token where the answer begins, not where the role is named', async () => {
    simulator.behave({ intervalMs: 60, tokens: 2 });
    const output = await node.handler(asking('hi', streaming), contextFor(capability));
    const { firstTokenMs, durationMs } = output as { firstTokenMs: number; durationMs: number };
    expect(firstTokenMs).toBeGreaterThan(55);
    expect(durationMs).toBeGreaterThan(firstTokenMs + 55);
  });

  test('[MK-02 usage] is counted also when the client did not ask, and the client sees nothing of that', async () => {
    const context = contextFor(capability);
    const output = await node.handler(asking('hi', { stream: true, stream_options: { other: 1 } }), context);
    expect(output).toMatchObject({ usage: { promptTokens: 4, completionTokens: 8 }, chunks: 10 });
    expect(simulator.requests.at(-1)?.body).toMatchObject({ stream_options: { other: 1, include_usage: true } });
    expect(context.emitted).toHaveLength(10);
    expect(context.emitted.filter((chunk) => chunk.includes('usage'))).toEqual([]);
  });

  test('[MK-02 usage] a backend that refuses to be asked is not asked again, and answers all the same', async () => {
    simulator.behave({ refusesStreamOptions: true });
    const own = await createMarketNode({ backend: createOpenAiBackend({ url: simulator.url }) }, never);
    const before = simulator.stats.chats;
    for (let request = 0; request < 2; request++) {
      const output = await own.handler(asking('hi', { stream: true }), contextFor(capability));
      expect(output).toMatchObject({ usage: null, chunks: 10 });
    }
    expect(simulator.stats.chats - before).toBe(3);
    await own.close();
  });

  test('[MK-02 usage] what a model says about usage is not touched', async () => {
    const said = 'it said ,"usage":null and {"usage":{"prompt_tokens":1}}';
    simulator.behave({ content: said });
    const context = contextFor(capability);
    await node.handler(asking('hi', { stream: true }), context);
    expect(contentOf(context.emitted)).toBe(said);
  });

  test('[MK-01] waits for flow control: the next chunk is not taken before the last one may go', async () => {
    let release: () => void = () => undefined;
    let waiting = 0;
    const emit = async (): Promise<void> => {
      waiting++;
      await new Promise<void>((resolve) => (release = resolve));
      waiting--;
    };
    const finished = node.handler(asking('hi', { stream: true }), contextFor(capability, { emit }));
    for (let chunk = 0; chunk < 10; chunk++) {
      await expect.poll(() => waiting).toBe(1);
      release();
      await expect.poll(() => waiting).toBe(chunk < 9 ? 1 : 0);
    }
    expect(await finished).toMatchObject({ chunks: 10 });
  });

  test('[FD-02] that breaks off before its first chunk may be tried again', async () => {
    simulator.behave({ fault: 'cut-mid-stream', faultAfter: -1 });
    const context = contextFor(capability);
    const error = await failureOf(node.handler(asking('hi', streaming), context));
    expect(error).toMatchObject({ code: 'backend_ended_early', retryable: true });
    expect(context.emitted).toEqual([]);
  });

  test.each(['cut-mid-stream', 'end-mid-stream', 'stall-mid-stream', 'error-chunk', 'garbage-chunk'] as const)(
    '[FD-02] %s after a chunk was passed on is never tried again',
    async (fault) => {
      simulator.behave({ fault, faultAfter: 2 });
      const context = contextFor(capability);
      const error = await failureOf(node.handler(asking('hi', streaming), context));
      expect(error).toMatchObject({ code: 'stream_broken', retryable: false, details: { chunks: 3 } });
      expect(contentOf(context.emitted)).toBe('Hello from');
    },
  );

  test('[MK-02 stream] ends with the first [DONE]: what a backend says after it is not part of the answer', async () => {
    simulator.behave({ fault: 'more-after-done' });
    const context = contextFor(capability);
    expect(await node.handler(asking('hi', streaming), context)).toMatchObject({ finishReason: 'stop', chunks: 11 });
    expect(contentOf(context.emitted)).not.toContain('and more');
  });

  test('[MK-01 backend] bytes cut anywhere, also within a character, come out as the text they were', async () => {
    simulator.behave({ splitBytes: 3 });
    const context = contextFor(capability);
    await node.handler(asking('hi', { stream: true }), context);
    expect(contentOf(context.emitted)).toBe('Hello from the simulated backend – grüß dich');
  });

  test('without a single chunk is an error, not an empty answer', async () => {
    const error = await failureOf(
      node.handler(asking('hi', { stream: true, n: 0, sim: { tokens: 0 } }), contextFor(capability)),
    );
    expect(error).toMatchObject({ code: 'backend_failed' });
  });

  test('[MK-01] when the task is cancelled the backend is told at once, and nothing more is emitted', async () => {
    simulator.behave({ intervalMs: 5, tokens: 10_000 });
    const cancelling = new AbortController();
    const aborted = simulator.next('abort');
    const context = contextFor(capability, { signal: cancelling.signal });
    const running = failureOf(node.handler(asking('hi', streaming), context));
    await expect.poll(() => context.emitted.length).toBeGreaterThan(2);
    cancelling.abort(new Error('cancelled'));
    expect(await running).toMatchObject({ message: 'cancelled' });
    const emitted = context.emitted.length;
    expect((await aborted).aborted).toBe(true);
    expect(context.emitted).toHaveLength(emitted);
  });

  test('a lost lease (emit rejects) ends the request at the backend', async () => {
    simulator.behave({ intervalMs: 5, tokens: 10_000 });
    const aborted = simulator.next('abort');
    const emit = (): Promise<void> => Promise.reject(new Error('the lease is lost'));
    const running = failureOf(node.handler(asking('hi', streaming), contextFor(capability, { emit })));
    expect(await running).toMatchObject({ message: 'the lease is lost' });
    expect((await aborted).aborted).toBe(true);
  });
});

describe('a long answer', () => {
  test('[MK-02 chat] goes ahead in pieces, and together they are the text of the backend', async () => {
    simulator.behave({ hugeDelta: 200_000 });
    const context = contextFor(capability);
    const output = await node.handler(asking('hi'), context);
    expect(output).toMatchObject({ completion: null, pieces: context.emitted.length, usage: { completionTokens: 1 } });
    expect(Math.max(...context.emitted.map((piece) => piece.length))).toBeLessThanOrEqual(64 * 1024);
    const text = context.emitted.join('');
    expect(text.slice(-1)).toBe('}');
    expect(completionOf(text).choices[0]!.message.content).toHaveLength(200_000);
  });
});

describe('the model', () => {
  test('[MK-01 backend] is the one of the leased capability, under the id its backend knows', async () => {
    await node.handler(asking('hi', { model: 'something-else' }), contextFor('llm.chat:My-Spaced-Model'));
    expect(simulator.requests.at(-1)?.body).toMatchObject({ model: 'My Spaced Model' });
  });

  test('[MK-01] that the node does not serve is refused, and another node may be tried', async () => {
    const error = await failureOf(node.handler(asking('hi'), contextFor('llm.chat:gone')));
    expect(error).toMatchObject({ code: 'model_not_served', retryable: true });
  });

  test.each([null, 'text', 7, {}, { messages: 'hi' }, []])(
    'an input that is no chat request (%j) is refused',
    async (input) => {
      const error = await failureOf(node.handler(input, contextFor(capability)));
      expect(error).toMatchObject({ code: 'invalid_input', retryable: false });
    },
  );
});
