/** The stream as it is on the wire, for clients that are not OpenAI's. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from './system.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: AsyncDisposable;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub({ REEVE_HTTP_CORS_ORIGINS: 'https://app.example' });
  node = await startLocalNode(hub, backend.url);
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const hello = { model: 'sim-small', messages: [{ role: 'user', content: 'hello' }] };

function ask(request: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${hub.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.apiKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(request),
  });
}

/** What the backend itself would have sent for the same request. */
async function fromBackend(request: object): Promise<string> {
  const response = await fetch(`${backend.url}/chat/completions`, { method: 'POST', body: JSON.stringify(request) });
  return response.text();
}

/** Answers differ in nothing but their number and second. */
function withoutIds(text: string): string {
  return text.replaceAll(/chatcmpl-sim-\d+/g, 'chatcmpl-sim').replaceAll(/"created":\d+/g, '"created":0');
}

test('[MK-02 stream] events are the backend’s, byte for byte, and end with [DONE]', async () => {
  const request = { ...hello, stream: true, stream_options: { include_usage: true } };
  const response = await ask(request);
  const text = await response.text();
  expect(withoutIds(text)).toBe(withoutIds(await fromBackend(request)));
  expect(text.endsWith('}\n\ndata: [DONE]\n\n')).toBe(true);
  for (const event of text.slice(0, -2).split('\n\n')) expect(event).toMatch(/^data: (\{.*\}|\[DONE\])$/);
});

test('[MK-02 chat] a whole answer is the backend’s, byte for byte', async () => {
  expect(withoutIds(await (await ask(hello)).text())).toBe(withoutIds(await fromBackend(hello)));
});

test('[MK-02 stream] a stream carries the headers of every other answer, and those of a stream', async () => {
  const { status, headers } = await ask(
    { ...hello, stream: true },
    { 'x-correlation-id': 'mine-2', origin: 'https://app.example' },
  );
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-accel-buffering')).toBe('no');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-correlation-id')).toBe('mine-2');
  expect(headers.get('x-reeve-task')).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(Number(headers.get('ratelimit-remaining'))).toBeLessThan(Number(headers.get('ratelimit-limit')));
});

test('[MK-02 stream] text in any script arrives whole, however the backend cuts its bytes', async () => {
  const content = 'Grüße – 你好 мир 👩‍👩‍👧‍👦 🏳️‍🌈 \u2028 \u0085 é';
  backend.behave({ content, splitBytes: 1, lineEnd: '\r\n', comments: true });
  let said = '';
  const client = openAi(hub);
  for await (const { choices } of await client.chat.completions.create({
    model: 'sim-small',
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
  }))
    said += choices[0]?.delta.content ?? '';
  expect(said).toBe(content);
});

test('[MK-02 stream] one huge chunk, larger than every buffer on its way', async () => {
  // Just below the window of the agent protocol, with the frame of the chunk around it.
  const size = 256 * 1024 - 400;
  backend.behave({ hugeDelta: size });
  const client = openAi(hub);
  const runner = client.chat.completions.stream({ model: 'sim-small', messages: [{ role: 'user', content: 'x' }] });
  expect((await runner.finalContent())!.length).toBe(size);
});

test('[MK-02 stream] a chunk larger than the window is an error, not a stall', async () => {
  backend.behave({ hugeDelta: 300 * 1024 });
  const text = await (await ask({ ...hello, stream: true })).text();
  expect(text).toMatch(/data: \{"error":\{"message":"[^"]*UTF-16 units[^"]*"/);
  expect(text).not.toContain('data: [DONE]');
});

const breaks = ['cut-mid-stream', 'end-mid-stream', 'error-chunk', 'garbage-chunk'] as const;
test.each(breaks)(
  '[LD-07 error no-false-done] a stream that breaks in the middle (%s) ends with an error and never with [DONE]',
  async (fault) => {
    backend.behave({ fault, faultAfter: 3 });
    const text = await (await ask({ ...hello, stream: true })).text();
    const events = text.split('\n\n').filter((event) => event !== '');
    expect(events).toHaveLength(5);
    expect(events.slice(0, 4).every((event) => event.includes('"chat.completion.chunk"'))).toBe(true);
    const { error } = JSON.parse(events[4]!.slice('data: '.length)) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: 'server_error', code: 'stream_broken', param: null });
    expect(error['message']).toContain('broke off after 4 chunks');
    expect(text).not.toContain('data: [DONE]');
  },
);

test.each(breaks)('[LD-07] OpenAI’s client throws when a stream breaks in the middle (%s)', async (fault) => {
  backend.behave({ fault, faultAfter: 3 });
  const client = openAi(hub);
  const seen: string[] = [];
  const read = async () => {
    const stream = await client.chat.completions.create({ ...hello, stream: true } as never);
    for await (const chunk of stream as unknown as AsyncIterable<{ choices: { delta: { content?: string } }[] }>)
      seen.push(chunk.choices[0]?.delta.content ?? '');
  };
  await expect(read()).rejects.toThrow('broke off');
  expect(seen.join('')).toBe('Hello from the');
});
