/** `reeve node --pricing`: it goes live only with a prediction, and what it asks is what the market shows and bills. */
import { createClient } from '@reeve/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { startProcess } from './process.ts';
import { startHub, startLocalNode, startNode, type TestHub } from './system.ts';
import { eventually } from './waiting.ts';

let hub: TestHub;
let backend: BackendSimulator;
let other: AsyncDisposable;

beforeAll(async () => {
  hub = await startHub();
  backend = await startBackendSimulator();
  other = await startLocalNode(hub, backend.url, {
    name: 'steady',
    price: { inputMicroUsd: '100000', outputMicroUsd: '900000' },
  });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

test('[MK-11 replay] a node does not change its prices by itself without a simulation', async () => {
  const options = {
    backend: backend.url,
    url: hub.url,
    benchmarkMs: 0,
    pricing: 'median',
    state: `${hub.home}/untried`,
  };
  const node = startProcess('node', options, { REEVE_API_KEY: hub.apiKey });
  const said = await node.line(({ text, state }) => state === 'online' || String(text).includes('--pricing'));
  expect(said).toMatchObject({ text: 'reeve: --pricing median needs --simulation FILE, or --force' });
  await node[Symbol.asyncDispose]();
});

test('[MK-11 median] [MK-11 cap] the price that it finds is the one that is offered, 20 % nearer to the others', async () => {
  const price = { inputMicroUsd: '100000', outputMicroUsd: '500000' };
  const found = { pricing: 'median', force: true, repriceEveryMs: 100 };
  await using _ = await startNode(hub, backend.url, { name: 'mover', price, ...found });
  const client = createClient(hub);
  const offered = await eventually(
    () => client.market.offers({ model: 'sim-small' }),
    ({ items }) => items.some(({ node, priceOutputMicroUsd }) => node === 'mover' && priceOutputMicroUsd !== '500000'),
  );
  const [mover] = offered.items.filter(({ node }) => node === 'mover');
  expect(mover).toMatchObject({ priceInputMicroUsd: '100000', priceOutputMicroUsd: '600000' });
});
