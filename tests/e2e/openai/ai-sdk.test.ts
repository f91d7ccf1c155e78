/** Vercel's `ai` with its OpenAI-compatible provider, used as its own documentation does, unmodified. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { startHub, startLocalNode, type TestHub } from './system.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: AsyncDisposable;
let reeve: ReturnType<typeof createOpenAICompatible>;

beforeAll(async () => {
  backend = await startBackendSimulator({ models: ['sim-small', 'sim-embed'] });
  hub = await startHub();
  node = await startLocalNode(hub, backend.url);
  reeve = createOpenAICompatible({
    name: 'reeve',
    baseURL: `${hub.url}/v1`,
    apiKey: hub.apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const text = 'Hello from the simulated backend – grüß dich';
const schema = jsonSchema<{ answer: string }>({
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
});

test('[MK-02 chat] ai: generateText', async () => {
  const { text: said, usage, finishReason } = await generateText({ model: reeve('sim-small'), prompt: 'hello' });
  expect([said, finishReason]).toEqual([text, 'stop']);
  expect(usage).toMatchObject({ inputTokens: 5, outputTokens: 8 });
});

test('[MK-02 stream] ai: streamText, with what it used', async () => {
  const result = streamText({ model: reeve('sim-small'), prompt: 'hello' });
  const pieces: string[] = [];
  for await (const piece of result.textStream) pieces.push(piece);
  expect(pieces.join('')).toBe(text);
  expect(pieces.length).toBeGreaterThan(1);
  expect(await result.usage).toMatchObject({ inputTokens: 5, outputTokens: 8 });
});

test('[MK-02 tools] ai: a tool is called with what the model said', async () => {
  const called: unknown[] = [];
  const weather = tool({
    description: 'The weather in a city',
    inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
    execute: async (input) => {
      called.push(input);
      return '12 °C';
    },
  });
  await generateText({
    model: reeve('sim-small'),
    prompt: 'How warm is it in Linz?',
    tools: { weather },
    stopWhen: stepCountIs(1),
  });
  expect(called).toEqual([{ city: 'Linz' }]);
});

test('[MK-02 json-mode] ai: generateObject by a JSON schema', async () => {
  const { object } = await generateObject({ model: reeve('sim-small'), schema, prompt: 'answer' });
  expect(object).toEqual({ answer: 'simulated' });
  expect(backend.requests.at(-1)?.body).toMatchObject({ response_format: { type: 'json_schema' } });
});

test('[MK-02 embeddings] ai: embedMany', async () => {
  const { embeddings } = await embedMany({ model: reeve.embeddingModel('sim-embed'), values: ['a', 'b'] });
  expect(embeddings).toHaveLength(2);
  expect(embeddings[0]).not.toEqual(embeddings[1]);
});

test('[MK-02 chat] ai: an error is an APICallError with status, message and whether to try again', async () => {
  const error: unknown = await generateText({ model: reeve('sim-smal'), prompt: 'hi', maxRetries: 0 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(APICallError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ statusCode: 404, isRetryable: false, message: expect.stringContaining('sim-small') });
});

test('[MK-02 stream] ai: an abort ends the request at the backend', async () => {
  backend.behave({ tokens: 10_000, intervalMs: 5 });
  const aborted = backend.next('abort');
  const leaving = new AbortController();
  const result = streamText({ model: reeve('sim-small'), prompt: 'hello', abortSignal: leaving.signal });
  for await (const piece of result.textStream) if (piece !== '') leaving.abort();
  expect((await aborted).aborted).toBe(true);
});
