/** What nodes offer, from `reeve node` to whoever asks the hub for it. */
import { createClient } from '@reeve/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { startHub, startLocalNode, startNode, type TestHub } from './system.ts';

let backend: BackendSimulator;
let hub: TestHub;

beforeAll(async () => {
  backend = await startBackendSimulator({ models: ['small', 'large'] });
  hub = await startHub();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const price = (input: string, output: string) => ({ inputMicroUsd: input, outputMicroUsd: output });

test('[MK-01 offers] nodes measure their models and publish offers; whoever looks sees them, the cheapest first', async () => {
  await using _dear = await startNode(hub, backend.url, {
    name: 'dear',
    price: price('500000', '900000'),
    concurrency: 2,
    region: 'eu-central',
    terms: 'no logs',
    benchmarkMs: 30_000,
  });
  await using _cheap = await startLocalNode(hub, backend.url, { name: 'cheap', price: price('1', '2') });
  const client = createClient(hub);
  const { items } = await client.market.offers();
  expect(items.map(({ model, node }) => [model, node])).toEqual([
    ['large', 'cheap'],
    ['large', 'dear'],
    ['small', 'cheap'],
    ['small', 'dear'],
  ]);
  expect(items[1]).toMatchObject({
    kind: 'chat',
    state: 'online',
    priceInputMicroUsd: '500000',
    priceOutputMicroUsd: '900000',
    maxConcurrency: 2,
    inFlight: 0,
    region: 'eu-central',
    terms: 'no logs',
    benchmark: { peakConcurrency: expect.any(Number), tokensPerSecond: expect.any(Number) },
  });
  const below = await client.market.offers({ model: 'small', maxPriceOutputMicroUsd: '899999' });
  expect(below.items.map(({ node }) => node)).toEqual(['cheap']);
  expect((await client.market.offers({ region: 'eu-central', kind: 'embeddings' })).items).toEqual([]);
});

test('[MK-01 offers] a list is read page by page; one that changed meanwhile says so', async () => {
  await using _node = await startLocalNode(hub, backend.url, { name: 'paged' });
  const client = createClient(hub);
  const query = { state: 'online', limit: 1 } as const;
  const first = await client.market.offers(query);
  const second = await client.market.offers({ ...query, cursor: first.nextCursor! });
  expect([...first.items, ...second.items].map(({ model }) => model)).toEqual(['large', 'small']);
  expect(second.nextCursor).toBeUndefined();
  await expect(client.market.offers({ ...query, cursor: 'gone' })).rejects.toMatchObject({ code: 'invalid_input' });
});
