/** `reeve node --pricing`: it goes live only with a prediction, and what it asks is what the market shows and bills. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

const prediction = {
  format: 'reeve.pricing.v1',
  node: 'mover',
  pricing: 'median',
  cost: { inputMicroUsd: '0', outputMicroUsd: '0' },
  everyMs: 100,
  trace: 'a'.repeat(64),
  seed: 1,
  revenuePerHourMicroUsd: '1000000',
  utilisation: 0.5,
};

const price = { inputMicroUsd: '100000', outputMicroUsd: '500000' };
const free = { inputMicroUsd: '0', outputMicroUsd: '0' };
test.each([
  ['without a simulation', { price }, undefined, '--pricing median needs --simulation FILE, or --force'],
  ['with one of another node', { price }, prediction, 'is about median at mover, not about median at other'],
  ['with one that says what cannot be', { price }, { ...prediction, utilisation: 2 }, 'is no prediction of'],
  ['from nothing', { price: free }, { ...prediction, node: 'other' }, 'needs where to begin'],
])('[MK-11 replay] a node does not change its prices by itself %s', async (_, terms, simulated, why) => {
  const simulation = join(hub.home, 'other.json');
  await writeFile(simulation, JSON.stringify(simulated ?? {}));
  const options = { backend: backend.url, url: hub.url, benchmarkMs: 0, name: 'other', state: join(hub.home, 'other') };
  const pricing = { pricing: 'median', ...terms, ...(simulated && { simulation }) };
  await using node = startProcess('node', { ...options, ...pricing }, { REEVE_API_KEY: hub.apiKey });
  const said = await node.line(({ text, state }) => state === 'online' || String(text).startsWith('reeve: '));
  expect(said['text']).toContain(why);
});

test('[MK-11 median] [MK-11 cap] [LD-10 rollback] the price that it finds is offered, 20 % nearer to the others; it goes back when nobody pays what was predicted', async () => {
  const simulation = join(hub.home, 'mover.json');
  await writeFile(simulation, JSON.stringify(prediction));
  const found = { pricing: 'median', simulation, bandWindowMs: 2_000 };
  await using node = await startNode(hub, backend.url, { name: 'mover', price, ...found });
  const client = createClient(hub);
  const offered = (wanted: string) =>
    eventually(
      () => client.market.offers({ model: 'sim-small' }),
      ({ items }) =>
        items.some(({ node: name, priceOutputMicroUsd }) => name === 'mover' && priceOutputMicroUsd === wanted),
    );
  await offered('600000');
  const told = await node.line(({ message }) => message === 'the prediction does not hold: the prices go back');
  expect(told).toMatchObject({ reason: 'revenue of 0 micro-USD an hour, predicted were 1000000' });
  const { items } = await offered('500000');
  expect(items.find(({ node: name }) => name === 'mover')).toMatchObject({ priceInputMicroUsd: '100000' });
});
