/** Streams under way: slow readers, readers that go, many at once, and time-outs. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type OpenAI from 'openai';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from './system.ts';
import { eventually, settled } from './waiting.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: AsyncDisposable;
let client: OpenAI;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub();
  node = await startLocalNode(hub, backend.url, { concurrency: 256 });
  client = openAi(hub);
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };
const text = 'Hello from the simulated backend – grüß dich';

/** A client that has sent its request and reads nothing. */
async function deafClient(request: object): Promise<Socket> {
  const { hostname, port } = new URL(hub.url);
  const body = JSON.stringify({ ...hello, stream: true, ...request });
  const socket = connect(Number(port), hostname).pause();
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${hub.apiKey}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return socket;
}

interface TaskView {
  readonly state: string;
  readonly error?: { readonly code: string };
}

async function taskOf(id: string | null): Promise<TaskView> {
  const response = await fetch(`${hub.url}/v1/tasks/${id}`, { headers: { authorization: `Bearer ${hub.apiKey}` } });
  return (await response.json()) as TaskView;
}

test('[MK-01 backend] a client that does not read slows its backend, and nothing piles up in between', async () => {
  const eventBytes = 150; // at least
  const before = backend.stats.eventsWritten;
  const slow = await deafClient({ sim: { tokens: 1_000_000 } });
  await eventually(
    () => backend.stats.eventsWritten,
    (now) => now > before,
  );
  const written = (await settled(() => backend.stats.eventsWritten - before)) * eventBytes;
  // The window of the protocol, the buffers of three sockets in two kernels' directions, those of the processes: some
  // megabytes. Without back-pressure all of it would have been written: 150 MB.
  expect(written).toBeLessThan(30e6);
  expect(written).toBeGreaterThan(1e5);
  // Nobody else is held up by it.
  const others = await Promise.all(Array.from({ length: 5 }, () => client.chat.completions.create(hello)));
  expect(others.map(({ choices }) => choices[0]!.message.content)).toEqual(Array(5).fill(text));
  const paused = backend.stats.eventsWritten;
  slow.resume();
  await eventually(
    () => backend.stats.eventsWritten,
    (now) => now > paused + 1_000,
  );
  const aborted = backend.next('abort');
  slow.destroy();
  await aborted;
});

test('[HB-09 cancel] a client that goes away in mid-stream leaves a cancelled task and a backend that has stopped', async () => {
  backend.behave({ tokens: 100_000, intervalMs: 5 });
  const aborted = backend.next('abort');
  const { data, response } = await client.chat.completions.create({ ...hello, stream: true }).withResponse();
  for await (const _ of data) break;
  await aborted;
  const id = response.headers.get('x-reeve-task');
  const task = await eventually(
    () => taskOf(id),
    ({ state }) => state !== 'leased',
  );
  expect(task).toMatchObject({ state: 'cancelled', error: { code: 'task_cancelled' } });
});

test('[MK-02 stream] [FD-12 load] two hundred streams at once: each gets its own text, whole and in order', async () => {
  const streams = Array.from({ length: 200 }, async (_, at) => {
    const content = Array.from({ length: 40 }, (_word, index) => `${at}:${index}`).join(' ');
    const sim = { content, intervalMs: at % 4, burst: 1 + (at % 3), untilRequests: 200 };
    let said = '';
    const request = { ...hello, stream: true as const, sim };
    for await (const { choices } of await client.chat.completions.create(request))
      said += choices[0]?.delta.content ?? '';
    return said === content;
  });
  expect((await Promise.all(streams)).filter((right) => right)).toHaveLength(200);
  expect(backend.stats.highestConcurrency).toBe(200);
});

test('[FD-09 rate] each stream is counted once, when its first chunk comes', async () => {
  const counted = async (): Promise<number> => {
    const response = await fetch(`${hub.url}/metrics`, { headers: { authorization: `Bearer ${hub.apiKey}` } });
    const count = /^reeve_gateway_first_chunk_seconds_count (\d+)$/m.exec(await response.text());
    return Number(count![1]);
  };
  const before = await counted();
  for await (const _ of await client.chat.completions.create({ ...hello, stream: true }));
  expect(await counted()).toBe(before + 1);
});
