/** Everything a model server or its network does wrong, at the wire, and what the driver makes of it. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  startBackendSimulator,
  type Behaviour,
  type BackendSimulator,
} from '../../../../tests/simulators/openai-backend.ts';
import { createOpenAiBackend, type Backend } from '../../src/node/index.ts';
import { all, asking, contentOf, failureOf, never } from './reading.ts';

let simulator: BackendSimulator;
let backend: Backend;
beforeAll(async () => {
  simulator = await startBackendSimulator();
  backend = createOpenAiBackend({
    url: simulator.url,
    firstByteTimeoutMs: 150,
    completionTimeoutMs: 150,
    idleTimeoutMs: 150,
    maxAnswerBytes: 100_000,
  });
});
afterEach(() => simulator.behave({}));
afterAll(async () => {
  await backend.close();
  await simulator.close();
});

const whole = (): Promise<unknown> => failureOf(backend.answer(asking('hi'), never));
const streamed = (): Promise<unknown> => failureOf(all(backend.answerStream(asking('hi', { stream: true }), never)));

/** Chunks that arrived before the stream failed, and the failure. */
async function untilFailure(): Promise<{ chunks: string[]; error: unknown }> {
  const chunks: string[] = [];
  const read = async (): Promise<void> => {
    for await (const chunk of backend.answerStream(asking('hi', { stream: true }), never)) chunks.push(chunk);
  };
  return { error: await failureOf(read()), chunks };
}

describe('faults before the answer', () => {
  const table: Array<[Partial<Behaviour>, Record<string, unknown>]> = [
    [
      { fault: 'rate-limited', retryAfterSeconds: 7 },
      { code: 'backend_overloaded', retryable: true, retryAfterMs: 7_000 },
    ],
    [{ fault: 'server-error' }, { code: 'backend_failed', retryable: true, details: { status: 500 } }],
    [
      { fault: 'invalid-request' },
      {
        code: 'backend_refused',
        retryable: false,
        message: expect.stringContaining("Unknown parameter: 'frobnicate'"),
        details: {
          status: 400,
          error: {
            message: "Unknown parameter: 'frobnicate'",
            type: 'invalid_request_error',
            code: 'unknown_parameter',
          },
        },
      },
    ],
    [{ fault: 'model-missing' }, { code: 'backend_refused', retryable: false, details: { status: 404 } }],
    [{ fault: 'unauthorised' }, { code: 'backend_denied', retryable: false, details: { status: 401 } }],
    [{ fault: 'redirect' }, { code: 'backend_malformed', message: expect.stringContaining('302') }],
    [{ fault: 'wrong-content-type' }, { code: 'backend_malformed', message: expect.stringContaining('text/html') }],
    [{ fault: 'stall-first-byte' }, { code: 'backend_timeout', retryable: true }],
  ];

  test.each(table)('[FD-02] %o', async (behaviour, expected) => {
    simulator.behave(behaviour);
    expect(await whole()).toMatchObject(expected);
    expect(await streamed()).toMatchObject(expected);
  });

  test('[FD-02 http-time-out] a backend that never answers is left after the time-out, and sees it', async () => {
    simulator.behave({ fault: 'stall-first-byte' });
    const aborted = simulator.next('abort');
    expect(await streamed()).toMatchObject({ code: 'backend_timeout' });
    expect(await aborted).toMatchObject({ path: '/v1/chat/completions' });
  });

  test('an answer that is longer than permitted is refused', async () => {
    simulator.behave({ hugeDelta: 200_000 });
    expect(await whole()).toMatchObject({ code: 'backend_malformed', message: expect.stringContaining('100000') });
    expect(await streamed()).toMatchObject({ code: 'backend_malformed', message: expect.stringContaining('100000') });
  });
});

describe('faults below HTTP', () => {
  test('[FD-02] nothing listens there', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await using nowhere = createOpenAiBackend({ url: `http://127.0.0.1:${port}/v1` });
    const expected = { code: 'backend_unreachable', retryable: true, message: expect.stringContaining('ECONNREFUSED') };
    expect(await failureOf(nowhere.models(never))).toMatchObject(expected);
    expect(await failureOf(nowhere.answer(asking('hi'), never))).toMatchObject(expected);
    expect(await failureOf(all(nowhere.answerStream(asking('hi'), never)))).toMatchObject(expected);
  });

  async function speaking(answer: string | undefined): Promise<{ server: Server; url: string }> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer ?? ''));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
  }

  test.each([
    ['closes without a word', undefined, 'backend_unreachable'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.6\r\n', 'backend_malformed'],
    ['breaks off within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"id"', 'backend_ended_early'],
  ])('[FD-02] a server that %s', async (_what, answer, code) => {
    const { server, url } = await speaking(answer);
    await using odd = createOpenAiBackend({ url });
    expect(await failureOf(odd.answer(asking('hi'), never))).toMatchObject({ code, retryable: true });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('faults within a stream', () => {
  const table: Array<[Behaviour['fault'] & string, string]> = [
    ['cut-mid-stream', 'backend_ended_early'],
    ['end-mid-stream', 'backend_ended_early'],
    ['stall-mid-stream', 'backend_timeout'],
    ['error-chunk', 'backend_failed'],
    ['garbage-chunk', 'backend_malformed'],
  ];

  test.each(table)(
    '[MK-02] %s: what came before is passed on, then it is an error and never an end',
    async (fault, code) => {
      simulator.behave({ fault, faultAfter: 3 });
      const { chunks, error } = await untilFailure();
      expect(contentOf(chunks)).toBe('Hello from the');
      expect(error).toMatchObject({ code });
    },
  );

  test.each(table)('[MK-02] %s before the first chunk is an error too', async (fault, code) => {
    simulator.behave({ fault, faultAfter: -1 });
    const { chunks, error } = await untilFailure();
    expect(chunks).toEqual([]);
    expect(error).toMatchObject({ code, retryable: true });
  });

  test("the backend's own words reach the error", async () => {
    simulator.behave({ fault: 'error-chunk' });
    const { error } = await untilFailure();
    expect(error).toMatchObject({ message: expect.stringContaining('the engine ran out of memory') });
  });

  test('[MK-01] a stream with all its finish reasons may end without [DONE]', async () => {
    simulator.behave({ fault: 'no-done' });
    const chunks = await all(backend.answerStream(asking('hi', { stream: true, n: 2 }), never));
    expect(chunks).toHaveLength(2 + 2 * 8 + 2);
  });
});
