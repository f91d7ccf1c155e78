import { AgentOffer } from '@reeve/hub/api';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startBackendSimulator } from '../../../../tests/simulators/openai-backend.ts';
import { benchmarkCurve } from '../../src/node/benchmark.ts';
import { nameModels } from '../../src/node/capability.ts';
import {
  createMarketNode,
  createMiniBackend,
  createOpenAiBackend,
  type Backend,
  type NodeDeclaration,
} from '../../src/node/index.ts';
import { MemoryGuard, usedMemoryShare } from '../../src/node/memory-guard.ts';
import { asking, failureOf, never } from './reading.ts';
import { contextFor } from './task-context.ts';

const quick = { maxAttempts: 3, initialDelayMs: 5, factor: 2, maxDelayMs: 20, jitter: 0 };
const named = (...ids: string[]) => nameModels(ids.map((id) => ({ id })));

const namesIn = ({ offer }: NodeDeclaration): string[] => offer.capabilities.map(({ name }) => name);

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});
function closing<One extends AsyncDisposable>(one: One): One {
  open.unshift(one);
  return one;
}

describe('names of models', () => {
  test.each([
    ['llama3:8b', 'llm.chat:llama3:8b'],
    ['meta-llama/Llama-3.1-8B-Instruct', 'llm.chat:meta-llama/Llama-3.1-8B-Instruct'],
    ['/models/tiny.gguf', 'llm.chat:/models/tiny.gguf'],
    ['C:\\models\\tiny.gguf', 'llm.chat:C:/models/tiny.gguf'],
    [' Llama 3 ', 'llm.chat:Llama-3'],
    ['org/name@rev+lora', 'llm.chat:org/name@rev+lora'],
    ['x'.repeat(91), `llm.chat:${'x'.repeat(91)}`],
  ])('[MK-01] %s becomes %s and keeps its id', (id, capability) => {
    expect(named(id).served).toEqual([{ capability, name: capability.slice('llm.chat:'.length), backendId: id }]);
  });

  test.each([
    ['Großes Modell', /must be .* letters, digits/],
    ['model (v2)', /give the model an alias/],
    ['x'.repeat(92), /92 characters, at most 91/],
    ['   ', /empty/],
  ])('[MK-01] %s is refused with the reason', (id, reason) => {
    expect(named(id)).toEqual({ served: [], refused: [{ backendId: id, reason: expect.stringMatching(reason) }] });
  });

  test('of two models with one name the first is served; a model listed twice is one', () => {
    const { served, refused } = named('my model', 'my-model', 'my model');
    expect(served.map(({ backendId }) => backendId)).toEqual(['my model']);
    expect(refused).toEqual([{ backendId: 'my-model', reason: expect.stringContaining('taken by "my model"') }]);
  });

  test('[MK-01] what is declared is an offer the hub accepts, also of a backend with hundreds of models', () => {
    const { served, refused } = named(...Array.from({ length: 300 }, (_, index) => `vendor/model-${index}`));
    const capabilities = served.map(({ capability }) => ({ name: capability }));
    expect(AgentOffer.safeParse({ name: 'node', capabilities }).error).toBeUndefined();
    expect(refused[0]?.reason).toMatch(/at most 50 models/);
    const tooMany = [...capabilities, { name: 'llm.chat:one-more' }];
    expect(AgentOffer.safeParse({ name: 'node', capabilities: tooMany }).success).toBe(false);
  });
});

describe('market node', () => {
  test('[MK-01] declares the models of its backend as capabilities and serves them', async () => {
    const simulator = closing(await startBackendSimulator({ models: ['sim-small', 'bad name!'] }));
    const backend = createOpenAiBackend({ url: simulator.url });
    const node = closing(await createMarketNode({ backend, concurrency: 8, labels: { gpu: 'none' } }, never));
    expect(node.declaration).toMatchObject({
      offer: { capabilities: [{ name: 'llm.chat:sim-small' }], slots: 8, labels: { gpu: 'none' } },
      models: [{ name: 'sim-small', backendId: 'sim-small', ownedBy: 'simulator' }],
      refused: [{ backendId: 'bad name!' }],
    });
    const output = await node.handler(asking('hi'), contextFor('llm.chat:sim-small'));
    expect(output).toMatchObject({ streamed: false, finishReason: 'stop' });
  });

  test('[MK-01] serves mini the same way', async () => {
    const node = closing(await createMarketNode({ backend: await createMiniBackend() }, never));
    expect(namesIn(node.declaration)).toEqual(['llm.chat:mini']);
    const context = contextFor('llm.chat:mini');
    const output = await node.handler(asking('hi', { stream: true, max_tokens: 5, model: 'mini' }), context);
    expect(output).toMatchObject({ streamed: true, finishReason: 'length', chunks: 7 });
    expect(context.emitted).toHaveLength(7);
  });

  test('offers only the models its owner names, and says which name is meant', async () => {
    const simulator = closing(await startBackendSimulator());
    const only = (name: string) =>
      createMarketNode({ backend: createOpenAiBackend({ url: simulator.url }), only: [name] }, never);
    const node = closing(await only('sim-large'));
    expect(namesIn(node.declaration)).toEqual(['llm.chat:sim-large']);
    expect(await failureOf(only('sim-smal'))).toMatchObject({
      code: 'no_models',
      message: expect.stringContaining('it has sim-small'),
    });
  });
});

describe('what is offered', () => {
  const offering = async (models: string[], options: object) => {
    const simulator = closing(await startBackendSimulator({ models }));
    return closing(await createMarketNode({ backend: createOpenAiBackend({ url: simulator.url }), ...options }, never));
  };

  test('[MK-01 offers] each model has its price, its context and the terms; the hub takes it as it is', async () => {
    const node = await offering(['small', 'large'], {
      price: { inputMicroUsd: '200000', outputMicroUsd: '600000' },
      prices: { large: { inputMicroUsd: '900000', outputMicroUsd: '1200000' } },
      contextTokens: 8_192,
      region: 'eu-central',
      terms: 'no logs',
    });
    const parsed = AgentOffer.parse({ ...node.declaration.offer, name: 'node' });
    expect(parsed).toMatchObject({ slots: 20, region: 'eu-central' });
    const shared = { contextTokens: 8_192, terms: 'no logs' };
    expect(parsed.capabilities.map(({ tokens }) => tokens)).toEqual([
      { ...shared, priceInputMicroUsd: '200000', priceOutputMicroUsd: '600000' },
      { ...shared, priceInputMicroUsd: '900000', priceOutputMicroUsd: '1200000' },
    ]);
  });

  test('[MK-01 offers] a model that was measured is offered with the figures, one that fails without', async () => {
    const simulator = closing(await startBackendSimulator({ models: ['quick'], behaviour: { tokens: 8 } }));
    const backend = createOpenAiBackend({ url: simulator.url });
    const node = closing(await createMarketNode({ backend, concurrency: 4 }, never));
    const failed: string[] = [];
    const measure = () =>
      node.benchmark({ budgetMs: 60_000, signal: never, onFailed: (model) => void failed.push(model) });
    const [measured] = (await measure()).offer.capabilities;
    // One that warms up, then 1 + 2 + 4.
    expect(simulator.stats.chats).toBe(8);
    expect(measured!.tokens!.benchmark).toMatchObject({
      tokensPerSecond: expect.toSatisfy((speed: number) => speed > 0),
      peakConcurrency: expect.toSatisfy((level: number) => [1, 2, 4].includes(level)),
    });
    expect(AgentOffer.safeParse({ ...node.declaration.offer, name: 'node' }).success).toBe(true);
    simulator.behave({ fault: 'server-error' });
    await measure();
    expect(failed).toEqual(['quick']);
  });

  test('[MK-17 batching] all levels of the curve are under way at once: the backend batches', async () => {
    const simulator = closing(await startBackendSimulator({ models: ['batch'] }));
    const backend = closing(createOpenAiBackend({ url: simulator.url }));
    const seen: number[] = [];
    const curve = benchmarkCurve({
      backend,
      model: 'batch',
      maxConcurrency: 3,
      budgetMs: 60_000,
      signal: never,
      onLevel: ({ concurrency }) => {
        seen.push(concurrency);
        // The next level is answered only when all of its requests are there.
        simulator.behave({ untilRequests: Math.min(concurrency * 2, 3) });
      },
    });
    expect((await curve).map(({ concurrency }) => concurrency)).toEqual([1, 2, 3]);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('[MK-01 offers] a benchmark that has used up its time begins no further level', async () => {
    const simulator = closing(await startBackendSimulator({ models: ['slow'] }));
    const backend = closing(createOpenAiBackend({ url: simulator.url }));
    const levels = await benchmarkCurve({ backend, model: 'slow', maxConcurrency: 64, budgetMs: 0, signal: never });
    expect(levels).toHaveLength(1);
  });
});

describe('memory', () => {
  test('[MK-17 memory] above its limit a node begins nothing and says so; below it goes on', async () => {
    let share = 0.86;
    const guard = new MemoryGuard(0.85, () => share);
    const begin = (): unknown => {
      try {
        return guard.check();
      } catch (error) {
        return error;
      }
    };
    expect(begin()).toMatchObject({
      code: 'node_short_of_memory',
      retryable: true,
      message: expect.stringContaining('86 %'),
    });
    share = 0.85;
    await vi.waitFor(() => expect(begin()).toBeUndefined());
  });

  test('[MK-17 memory] the handler asks before it asks the backend', async () => {
    const simulator = closing(await startBackendSimulator());
    const backend = createOpenAiBackend({ url: simulator.url });
    const node = closing(await createMarketNode({ backend, maxMemoryShare: 0 }, never));
    const refused = failureOf(node.handler(asking('hi'), contextFor('llm.chat:sim-small')));
    expect(await refused).toMatchObject({ code: 'node_short_of_memory' });
    expect(simulator.stats.chats).toBe(0);
    expect(usedMemoryShare()).toSatisfy((share: number) => share > 0 && share <= 1);
  });
});

describe('discovery', () => {
  /** A server that answers the list of models with what is next in line, the last for ever. */
  async function listing(
    ...answers: Array<{ status?: number; body: string }>
  ): Promise<{ url: string; asked: () => number }> {
    let asked = 0;
    const server: Server = createServer((_request, response) => {
      const answer = answers[Math.min(asked++, answers.length - 1)]!;
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing({ [Symbol.asyncDispose]: async () => void server.close() });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
  }
  const list = (...ids: string[]): { body: string } => ({ body: JSON.stringify({ data: ids.map((id) => ({ id })) }) });
  const at = (url: string): Backend => closing(createOpenAiBackend({ url }));

  test('[MK-01] reads the context length under each of its names', async () => {
    const models = [
      { id: 'vllm', max_model_len: 1 },
      { id: 'openrouter', context_length: 2 },
      { id: 'groq', context_window: 3 },
      { id: 'lm-studio', max_context_length: 4 },
      { id: 'llama.cpp', meta: { n_ctx_train: 5 } },
      { id: 'odd', context_length: 'long', owned_by: 7 },
      { no: 'id' },
      null,
    ];
    const { url } = await listing({ body: JSON.stringify({ data: models }) });
    expect((await at(url).models(never)).map(({ id, contextTokens }) => [id, contextTokens])).toEqual([
      ['vllm', 1],
      ['openrouter', 2],
      ['groq', 3],
      ['lm-studio', 4],
      ['llama.cpp', 5],
      ['odd', undefined],
    ]);
  });

  test('[MK-01] asked again, the node follows its backend; when that fails everything stays', async () => {
    const { url } = await listing(list('one'), list('two', 'three'), { status: 500, body: '{}' });
    const node = await createMarketNode({ backend: at(url), retry: { ...quick, maxAttempts: 1 } }, never);
    expect(namesIn(node.declaration)).toEqual(['llm.chat:one']);
    await node.rediscover(never);
    expect(namesIn(node.declaration)).toEqual(['llm.chat:two', 'llm.chat:three']);
    expect(await failureOf(node.handler(asking('hi'), contextFor('llm.chat:one')))).toMatchObject({
      code: 'model_not_served',
    });
    expect(await failureOf(node.rediscover(never))).toMatchObject({ code: 'backend_failed' });
    expect(namesIn(node.declaration)).toEqual(['llm.chat:two', 'llm.chat:three']);
  });

  test('[FD-02 transient] a backend that is still starting is asked again', async () => {
    const { url, asked } = await listing(
      { status: 503, body: '{"error":"loading"}' },
      { status: 429, body: '' },
      list('one'),
    );
    const node = await createMarketNode({ backend: at(url), retry: quick }, never);
    expect(namesIn(node.declaration)).toEqual(['llm.chat:one']);
    expect(asked()).toBe(3);
  });

  test('[FD-02 attempts] but not for ever', async () => {
    const { url, asked } = await listing({ status: 503, body: '{"error":"loading"}' });
    const error = await failureOf(createMarketNode({ backend: at(url), retry: quick }, never));
    expect(error).toMatchObject({ code: 'backend_failed', message: expect.stringContaining('loading') });
    expect(asked()).toBe(3);
  });

  test.each([400, 401, 403, 404])('[FD-02 permanent] a %i is not asked again', async (status) => {
    const { url, asked } = await listing({ status, body: '{}' });
    expect(await failureOf(createMarketNode({ backend: at(url), retry: quick }, never))).toMatchObject({
      retryable: false,
    });
    expect(asked()).toBe(1);
  });

  test('an abort ends the waiting between attempts', async () => {
    const { url } = await listing({ status: 503, body: '' });
    const retry = { ...quick, initialDelayMs: 600_000, maxDelayMs: 600_000 };
    const signal = AbortSignal.timeout(100);
    expect(await failureOf(createMarketNode({ backend: at(url), retry }, signal))).toMatchObject({
      name: 'AbortError',
    });
  });

  test.each([
    ['an empty list', list(), 'no_models', /lists no models/],
    ['only unusable names', list('(^_^)'), 'no_models', /"\(\^_\^\)": must be/],
    ['no list', { body: '{"data":7}' }, 'backend_malformed', /is the base URL right/],
    ['no JSON', { body: 'ok' }, 'backend_malformed', /is the base URL right/],
  ])('[MK-01] %s is said clearly', async (_what, answer, code, message) => {
    const { url } = await listing(answer);
    const error = await failureOf(createMarketNode({ backend: at(url), retry: quick }, never));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
