/** Chat through an unmodified OpenAI client: what it sends reaches the backend, and what the backend says reaches it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type OpenAI from 'openai';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import type { SystemProcess } from './process.ts';
import { openAi, startHub, startNode, type TestHub } from './system.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: SystemProcess;
let client: OpenAI;

beforeAll(async () => {
  backend = await startBackendSimulator({ models: ['sim-small', 'org/model:7b'] });
  hub = await startHub();
  node = await startNode(hub, backend.url);
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

/** What the backend got for a request. */
async function received(act: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const request = backend.next('request');
  await act();
  return (await request).body as Record<string, unknown>;
}

test('[MK-02 chat] a whole answer', async () => {
  const { data, response } = await client.chat.completions.create(hello).withResponse();
  expect(data.object).toBe('chat.completion');
  expect(data.choices).toHaveLength(1);
  expect(data.choices[0]).toMatchObject({
    index: 0,
    finish_reason: 'stop',
    message: { role: 'assistant', content: text },
  });
  expect(response.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
});

test('[MK-02 usage] a whole answer always says what it used', async () => {
  const { usage } = await client.chat.completions.create(hello);
  expect(usage).toEqual({ prompt_tokens: 5, completion_tokens: 8, total_tokens: 13 });
});

test('[MK-02 stream] an answer in pieces, read with for await', async () => {
  const stream = await client.chat.completions.create({ ...hello, stream: true });
  const pieces: string[] = [];
  let finish: string | null = null;
  for await (const chunk of stream) {
    expect(chunk.object).toBe('chat.completion.chunk');
    pieces.push(chunk.choices[0]?.delta.content ?? '');
    finish = chunk.choices[0]?.finish_reason ?? finish;
  }
  expect(pieces.filter((piece) => piece !== '')).toHaveLength(8);
  expect(pieces.join('')).toBe(text);
  expect(finish).toBe('stop');
});

test('[MK-02 stream] the client’s own helper puts the pieces together', async () => {
  const heard: string[] = [];
  const runner = client.chat.completions.stream(hello).on('content', (piece) => void heard.push(piece));
  const completion = await runner.finalChatCompletion();
  expect(heard.join('')).toBe(text);
  expect(completion.choices[0]!.message.content).toBe(text);
  expect(completion.choices[0]!.finish_reason).toBe('stop');
});

test('[MK-02 usage] a stream says what it used in its last chunk, if and only if it was asked to', async () => {
  const usages = async (extra: object) => {
    const stream = await client.chat.completions.create({ ...hello, stream: true, ...extra });
    const all = [];
    for await (const { usage } of stream) all.push(usage);
    return all;
  };
  const asked = await usages({ stream_options: { include_usage: true } });
  expect(asked.at(-1)).toEqual({ prompt_tokens: 5, completion_tokens: 8, total_tokens: 13 });
  expect(asked.slice(0, -1).every((usage) => usage === null)).toBe(true);
  expect((await usages({})).every((usage) => usage === undefined)).toBe(true);
});

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather in a city',
    strict: true,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

test('[MK-02 tools] [FD-12 wire] tools go to the backend as they are, and the call comes back', async () => {
  const tools = { tools: [weather], tool_choice: { type: 'function' as const, function: { name: 'weather' } } };
  const body = await received(async () => {
    const { choices } = await client.chat.completions.create({ ...hello, ...tools });
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(choices[0]!.message.tool_calls).toEqual([
      { id: 'call_sim_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Linz"}' } },
    ]);
  });
  expect(body).toEqual({ ...hello, ...tools });
});

test('[MK-02 tools] a call in pieces is put together by the client, and its result can be sent', async () => {
  const runner = client.chat.completions.stream({ ...hello, tools: [weather] });
  const message = (await runner.finalChatCompletion()).choices[0]!.message;
  expect(message.tool_calls?.[0]).toMatchObject({ function: { name: 'weather', arguments: '{"city":"Linz"}' } });
  const turn = [...hello.messages, message, { role: 'tool' as const, tool_call_id: 'call_sim_1', content: '12 °C' }];
  const body = await received(() => client.chat.completions.create({ model: 'sim-small', messages: turn }));
  expect(body['messages']).toEqual(JSON.parse(JSON.stringify(turn)));
});

test('[MK-02 json-mode] a JSON schema goes to the backend, and JSON comes back, whole and in pieces', async () => {
  const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
  const format = { type: 'json_schema' as const, json_schema: { name: 'answer', strict: true, schema } };
  const body = await received(async () => {
    const { choices } = await client.chat.completions.create({ ...hello, response_format: format });
    expect(JSON.parse(choices[0]!.message.content!)).toEqual({ answer: 'simulated' });
  });
  expect(body['response_format']).toEqual(format);
  const parsed = await client.chat.completions
    .stream({ ...hello, response_format: { type: 'json_object' } })
    .finalContent();
  expect(JSON.parse(parsed!)).toEqual({ answer: 'simulated' });
});

test('[MK-02 chat] parameters and message parts are passed on untouched, known or not', async () => {
  const request = {
    model: 'sim-small',
    messages: [
      { role: 'developer', content: 'Be short.' },
      {
        role: 'user',
        name: 'ada',
        content: [
          { type: 'text', text: 'What is this? 🦊 \u0000 “quoted” \\ back' },
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${'iVBORw0KGgo'.repeat(500)}`, detail: 'low' },
          },
        ],
      },
    ],
    stop: ['\n\n', 'END'],
    seed: 42,
    logprobs: true,
    top_logprobs: 5,
    n: 1,
    temperature: 0.25,
    max_tokens: 0,
    logit_bias: { '50256': -100 },
    metadata: { trace: 'abc' },
    user: 'someone',
    frobnicate: { nested: [1, 2.5, -0, 1e21, null, true] },
    top_k: 40,
  };
  const body = await received(() =>
    client.chat.completions.create(request as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming),
  );
  expect(body).toEqual(JSON.parse(JSON.stringify(request)));
});

test('[MK-02 chat] several choices, whole and in pieces', async () => {
  const whole = await client.chat.completions.create({ ...hello, n: 3 });
  expect(whole.choices.map(({ index, message }) => [index, message.content])).toEqual(
    [0, 1, 2].map((at) => [at, text]),
  );
  const said = ['', '', ''];
  for await (const { choices } of await client.chat.completions.create({ ...hello, n: 3, stream: true }))
    for (const { index, delta } of choices) said[index] += delta.content ?? '';
  expect(said).toEqual([text, text, text]);
});

test('[MK-01 backend] a model with a slash and a colon in its name is served under that name', async () => {
  const body = await received(() => client.chat.completions.create({ ...hello, model: 'org/model:7b' }));
  expect(body['model']).toBe('org/model:7b');
});

test('[MK-02 models] models are listed and shown, whatever is in their names', async () => {
  const listed = await client.models.list();
  expect(listed.data.map(({ id }) => id)).toEqual(['org/model:7b', 'sim-small']);
  expect(listed.data[0]).toMatchObject({ object: 'model', owned_by: 'reeve' });
  expect(await client.models.retrieve('sim-small')).toMatchObject({ id: 'sim-small', object: 'model' });
  expect(await client.models.retrieve('org/model:7b')).toMatchObject({ id: 'org/model:7b' });
});

test('[MK-02 models] a name with slashes may be sent unescaped, as other clients do', async () => {
  const headers = { authorization: `Bearer ${hub.apiKey}` };
  for (const path of ['org/model:7b', 'org%2Fmodel%3A7b']) {
    const response = await fetch(`${hub.url}/v1/models/${path}`, { headers });
    expect([path, response.status]).toEqual([path, 200]);
    expect(await response.json()).toMatchObject({ id: 'org/model:7b' });
  }
});

test('[MK-02 chat] the answer names its task, streamed or not, and the task can be looked up', async () => {
  const ids = await Promise.all(
    [false, true].map(async (stream) => {
      const { response } = await client.chat.completions.create({ ...hello, stream }).withResponse();
      const id = response.headers.get('x-reeve-task');
      await response.body?.cancel().catch(() => {});
      return id;
    }),
  );
  for (const id of ids) {
    const shown = await fetch(`${hub.url}/v1/tasks/${id}`, { headers: { authorization: `Bearer ${hub.apiKey}` } });
    expect(await shown.json()).toMatchObject({ id, kind: 'llm.chat', requires: [{ name: 'llm.chat:sim-small' }] });
  }
});

test('[MK-02 stream] an AbortController ends the request at the backend', async () => {
  backend.behave({ tokens: 10_000, intervalMs: 5 });
  const aborted = backend.next('abort');
  const controller = new AbortController();
  const stream = await client.chat.completions.create({ ...hello, stream: true }, { signal: controller.signal });
  let seen = 0;
  for await (const _ of stream) if (++seen === 3) controller.abort();
  expect(seen).toBeLessThan(10_000);
  expect((await aborted).aborted).toBe(true);
});

test('[MK-02 stream] leaving the loop ends the request at the backend', async () => {
  backend.behave({ tokens: 10_000, intervalMs: 5 });
  const aborted = backend.next('abort');
  for await (const _ of await client.chat.completions.create({ ...hello, stream: true })) break;
  const leftAtMs = performance.now();
  expect((await aborted).aborted).toBe(true);
  // Three hops on a machine that may be busy; the answer would take 50 s.
  expect(performance.now() - leftAtMs).toBeLessThan(20_000);
});

test('[MK-02 chat] going away while a whole answer is made ends the request at the backend', async () => {
  backend.behave({ fault: 'stall-first-byte' });
  const [begun, aborted] = [backend.next('request'), backend.next('abort')];
  const controller = new AbortController();
  const answer = client.chat.completions.create(hello, { signal: controller.signal });
  await begun;
  controller.abort();
  await expect(answer).rejects.toThrow('aborted');
  expect((await aborted).aborted).toBe(true);
});
