/** How the driver uses the wire when nothing is wrong: what it sends, how it shares, paces and ends connections. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../../../tests/simulators/openai-backend.ts';
import { createOpenAiBackend, type Backend } from '../../src/node/index.ts';
import { all, asking, chunkOf, completionOf, contentOf, failureOf, never } from './reading.ts';

let simulator: BackendSimulator;
let backend: Backend;
beforeAll(async () => void (simulator = await startBackendSimulator({ apiKey: 'sk-simulated' })));
beforeEach(async () => {
  simulator.behave({});
  backend = createOpenAiBackend({ url: simulator.url, apiKey: 'sk-simulated' });
  return () => backend.close();
});
afterAll(() => simulator.close());

const lastRequest = () => simulator.requests.at(-1)!;
const streaming = asking('hi', { stream: true });

describe('requests', () => {
  test('[MK-01] the whole body goes to the backend, fields it does not know included', async () => {
    const body = asking('hi', { temperature: 0.2, logit_bias: { 5: -100 }, vendor_extension: { deep: [1, null] } });
    await backend.answer(body, never);
    expect(lastRequest().body).toEqual(body);
    await all(backend.answerStream(body, never));
    expect(lastRequest().body).toEqual({ ...body, stream: true });
    expect(lastRequest().headers).toMatchObject({ 'content-type': 'application/json', accept: 'text/event-stream' });
  });

  test('the API key is sent as a bearer token, and a wrong one is the fault of the node', async () => {
    await backend.models(never);
    expect(lastRequest().headers.authorization).toBe('Bearer sk-simulated');
    await using wrong = createOpenAiBackend({ url: simulator.url, apiKey: 'sk-wrong' });
    const error = await failureOf(wrong.models(never));
    expect(error).toMatchObject({ code: 'backend_denied', retryable: false });
    expect(JSON.stringify(error) + String(error)).not.toContain('sk-wrong');
  });

  test('[MK-02] tool calls and several choices come through', async () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }];
    const chunks = (await all(backend.answerStream({ ...streaming, tools }, never))).map(chunkOf);
    expect(chunks[0]?.choices[0]?.delta.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    const two = completionOf(await backend.answer(asking('hi', { n: 2 }), never));
    expect(two.choices).toHaveLength(2);
  });

  test.each([
    ['ftp://127.0.0.1/v1', /http:\/\/ or https:\/\//],
    ['127.0.0.1:11434', /http:\/\/ or https:\/\//],
    ['http://someone:secret@127.0.0.1/v1', /must not hold a user or password/],
    ['http://127.0.0.1/v1?key=secret', /no `\?`/],
  ])('the URL %s is refused without repeating it', (url, message) => {
    expect(() => createOpenAiBackend({ url })).toThrow(message);
    expect(() => createOpenAiBackend({ url })).not.toThrow(/secret/);
  });

  test('a base URL with a slash at its end is the same base URL', async () => {
    await using slashed = createOpenAiBackend({ url: `${simulator.url}/`, apiKey: 'sk-simulated' });
    expect(await slashed.models(never)).toHaveLength(2);
  });
});

describe('bytes', () => {
  test.each([1, 3, 7])(
    '[MK-01] a stream in writes of %i bytes, with CRLF and comments, is read as it was meant',
    async (splitBytes) => {
      simulator.behave({ splitBytes, lineEnd: '\r\n', comments: true, tokens: 9 });
      expect(contentOf(await all(backend.answerStream(streaming, never)))).toBe(
        'Hello from the simulated backend – grüß dich 🌍',
      );
    },
  );

  test('a chunk of a megabyte is one chunk', async () => {
    simulator.behave({ hugeDelta: 1_000_000 });
    expect(contentOf(await all(backend.answerStream(streaming, never)))).toHaveLength(1_000_000);
  });
});

describe('connections', () => {
  test('[MK-01] connections are kept: a stream that is read to its end leaves its own to the next request', async () => {
    simulator.behave({ endDelayMs: 10 });
    const before = simulator.requests.length;
    const { aborted } = simulator.stats;
    for (let round = 0; round < 6; round++) {
      await all(backend.answerStream(streaming, never));
      await expect.poll(() => simulator.stats.active).toBe(0);
      await backend.answer(asking('hi'), never);
    }
    expect(simulator.stats.aborted).toBe(aborted);
    const ports = new Set(simulator.requests.slice(before).map((request) => request.remotePort));
    // Two, not one: the next request can be sent before the pool has taken the connection of the last one back.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test('a backend that does not end its response after [DONE] keeps nobody waiting, and loses the connection', async () => {
    simulator.behave({ endDelayMs: 60_000 });
    const aborted = simulator.next('abort');
    const startedMs = performance.now();
    expect(await all(backend.answerStream(streaming, never))).toHaveLength(10);
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    expect((await aborted).aborted).toBe(true);
  });

  test('[MK-01] as many requests as are asked for are with the backend at once', async () => {
    simulator.behave({ untilRequests: 60 });
    await Promise.all(Array.from({ length: 60 }, () => backend.answer(asking('hi'), never)));
    expect(simulator.stats.highestConcurrency).toBe(60);
  });

  test.each([
    ['before the answer', { fault: 'stall-first-byte' }],
    ['within the stream', { intervalMs: 20, tokens: 1_000 }],
  ] as const)('[MK-01] an abort %s closes the connection at once', async (_when, behaviour) => {
    simulator.behave(behaviour);
    const aborted = simulator.next('abort');
    const cancelling = new AbortController();
    const arrived = simulator.next('request');
    const reading = failureOf(all(backend.answerStream(streaming, cancelling.signal)));
    await arrived;
    cancelling.abort(new Error('cancelled'));
    expect(await reading).toMatchObject({ message: 'cancelled' });
    expect((await aborted).aborted).toBe(true);
  });

  test('[MK-01] a reader that leaves the loop closes the connection', async () => {
    simulator.behave({ intervalMs: 5, tokens: 1_000 });
    const aborted = simulator.next('abort');
    for await (const chunk of backend.answerStream(streaming, never)) if (chunk !== '') break;
    expect((await aborted).aborted).toBe(true);
  });

  test('a request that waits for its connection can be aborted', async () => {
    // In the same turn in which the request is sent its connection cannot stand yet.
    const cancelling = new AbortController();
    const before = simulator.stats.chats;
    await using fresh = createOpenAiBackend({ url: simulator.url, apiKey: 'sk-simulated' });
    const reading = failureOf(fresh.answer(asking('hi'), cancelling.signal));
    cancelling.abort(new Error('cancelled'));
    expect(await reading).toMatchObject({ message: 'cancelled' });
    await fresh.models(never);
    expect(simulator.stats.chats).toBe(before);
  });
});

describe('pace', () => {
  /** Waits until the simulator has written nothing new for a while: it is held back, or done. */
  async function writtenWhenStill(): Promise<number> {
    for (let last = -1; ; await pause(100)) {
      const { eventsWritten } = simulator.stats;
      if (eventsWritten === last) return eventsWritten;
      last = eventsWritten;
    }
  }

  test('[MK-01] a reader that pauses holds the backend back, longer than any idle time-out, and loses nothing', async () => {
    const tokens = 150_000; // about 30 MB, several times what the buffers of loopback hold
    await using patient = createOpenAiBackend({ url: simulator.url, apiKey: 'sk-simulated', idleTimeoutMs: 200 });
    simulator.behave({ tokens, burst: 64 });
    const before = simulator.stats.eventsWritten;
    let read = 0;
    for await (const chunk of patient.answerStream(streaming, never)) {
      read += chunk.length > 0 ? 1 : 0;
      if (read !== 10) continue;
      const written = (await writtenWhenStill()) - before;
      expect(written).toBeLessThan(tokens * 0.8);
      await pause(400);
      expect(simulator.stats.eventsWritten - before).toBe(written);
    }
    expect(read).toBe(tokens + 2);
  });
});
