/** Completions and embeddings, and what they refuse, through an unmodified OpenAI client. */
import { APIError, BadRequestError, NotFoundError, type OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from './system.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: AsyncDisposable;
let client: OpenAI;

beforeAll(async () => {
  backend = await startBackendSimulator({ models: ['sim-small', 'nomic-embed-text', 'plain-name'] });
  hub = await startHub();
  node = await startLocalNode(hub, backend.url, { embedding: ['plain-name'] });
  client = openAi(hub);
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const text = 'Hello from the simulated backend – grüß dich';
const prompt = { model: 'sim-small', prompt: 'Once upon a time' };

test('[MK-02 completions] a whole completion, with what it used; parameters pass untouched', async () => {
  const request = { ...prompt, suffix: '.', echo: false, logprobs: 2, n: 2, stop: ['END'], frobnicate: 1 };
  const answer = await client.completions.create(request);
  expect(answer.object).toBe('text_completion');
  expect(answer.choices.map((choice) => choice.text)).toEqual([text, text]);
  expect(answer.usage).toMatchObject({ completion_tokens: 16 });
  expect(backend.requests.at(-1)).toMatchObject({ path: '/v1/completions', body: request });
});

test('[MK-02 completions] a completion in pieces', async () => {
  let said = '';
  let finish: string | null = null;
  for await (const { choices } of await client.completions.create({ ...prompt, stream: true })) {
    said += choices[0]!.text;
    finish = choices[0]!.finish_reason ?? finish;
  }
  expect([said, finish]).toEqual([text, 'stop']);
});

test('[MK-02 embeddings] vectors of several texts, in both encodings, with what they used', async () => {
  const ask = (format: 'float' | 'base64' | undefined) =>
    client.embeddings.create({
      model: 'nomic-embed-text',
      input: ['one', 'two', 'one'],
      dimensions: 16,
      ...(format && { encoding_format: format }),
    });
  const [decoded, floats] = [await ask(undefined), await ask('float')]; // the client asks for base64 by itself
  expect(decoded.data.map(({ embedding }) => embedding)).toEqual(floats.data.map(({ embedding }) => embedding));
  expect(decoded.data[0]!.embedding).toHaveLength(16);
  expect(decoded.data[0]!.embedding).toEqual(decoded.data[2]!.embedding);
  expect(decoded.data[0]!.embedding).not.toEqual(decoded.data[1]!.embedding);
  expect(decoded.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
  expect(backend.requests.at(-1)).toMatchObject({ path: '/v1/embeddings' });
});

test('[MK-02 embeddings] an answer larger than a result may be arrives whole', async () => {
  const input = Array.from({ length: 64 }, (_, at) => `text ${at}`);
  const { data } = await client.embeddings.create({
    model: 'plain-name',
    input,
    dimensions: 1_024,
    encoding_format: 'float',
  });
  expect(data).toHaveLength(64);
  expect(JSON.stringify(data).length).toBeGreaterThan(512 * 1024);
  expect(data.every(({ embedding }) => embedding.length === 1_024)).toBe(true);
});

test('[MK-02 models] models that embed are listed as the others are', async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual([
    'nomic-embed-text',
    'plain-name',
    'sim-small',
  ]);
});

const refused: ReadonlyArray<readonly [string, string, object, string | null]> = [
  ['a completion without a prompt', '/completions', { model: 'sim-small' }, 'prompt'],
  ['a completion of nothing', '/completions', { model: 'sim-small', prompt: [] }, 'prompt'],
  ['a prompt that is a number', '/completions', { model: 'sim-small', prompt: 7 }, 'prompt'],
  ['an embedding without input', '/embeddings', { model: 'nomic-embed-text' }, 'input'],
  ['an embedding of an empty text', '/embeddings', { model: 'nomic-embed-text', input: '' }, 'input'],
  ['an embedding as a stream', '/embeddings', { model: 'nomic-embed-text', input: 'a', stream: true }, 'stream'],
];
test.each(refused)('[FD-01 input] %s is a BadRequestError that names the field', async (_, path, body, param) => {
  const error: unknown = await client.post(path, { body }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error', code: 'invalid_model_request' });
});

test('[MK-02 embeddings] a model is not asked for what it is not served for', async () => {
  const chat = { model: 'nomic-embed-text', messages: [{ role: 'user' as const, content: 'hi' }] };
  for (const asked of [
    client.embeddings.create({ model: 'sim-small', input: 'hi' }),
    client.chat.completions.create(chat),
  ]) {
    const error: unknown = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' });
  }
});

test('[MK-02 completions] a context that is too long for the backend is the backend’s own refusal', async () => {
  backend.behave({ refuseWith: 400 });
  const error: unknown = await client.completions.create(prompt).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 400, code: 'backend_says_no' });
});
