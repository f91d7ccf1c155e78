/** Where a request goes: what the client asks for, in the body or in headers, decides, and anybody can see why. */
import { createClient } from '@reeve/sdk';
import { UnprocessableEntityError, type OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from './system.ts';

let hub: TestHub;
let client: OpenAI;
let cheap: BackendSimulator;
let dear: BackendSimulator;
let nodes: AsyncDisposable[];

beforeAll(async () => {
  hub = await startHub();
  client = openAi(hub);
  [cheap, dear] = [await startBackendSimulator(), await startBackendSimulator()];
  const price = (output: string) => ({ price: { inputMicroUsd: '1000', outputMicroUsd: output } });
  nodes = [
    await startLocalNode(hub, cheap.url, { name: 'cheap', region: 'eu', ...price('200000') }),
    await startLocalNode(hub, dear.url, { name: 'dear', region: 'us', ...price('900000') }),
  ];
});
beforeEach(() => {
  cheap.behave({});
  dear.behave({});
});
afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  for (const backend of [cheap, dear]) await backend[Symbol.asyncDispose]();
});

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };
let conversations = 0;

/** Asks in a conversation of its own, and says who answered. */
async function asked(reeve: object | undefined, headers: Record<string, string> = {}, extra: object = {}) {
  const before = cheap.stats.chats;
  const messages = [{ role: 'user' as const, content: `conversation ${++conversations}` }];
  const body = { ...hello, messages, ...extra, ...(reeve && { reeve }) };
  const { response } = await client.chat.completions
    .create(body as OpenAI.ChatCompletionCreateParamsNonStreaming, { headers })
    .withResponse();
  const backend = cheap.stats.chats > before ? cheap : dear;
  expect(response.headers.get('x-reeve-node')).toMatch(/^[0-9a-f-]{36}$/);
  return { name: backend === cheap ? 'cheap' : 'dear', body: backend.requests.at(-1)!.body as Record<string, unknown> };
}

const choices: ReadonlyArray<readonly [object, Record<string, string>, string]> = [
  [{ policy: 'cheapest' }, { 'x-reeve-policy': 'cheapest' }, 'cheap'],
  [{ region: 'us' }, { 'x-reeve-region': 'us' }, 'dear'],
  [{ nodes: ['dear'] }, { 'x-reeve-nodes': 'dear' }, 'dear'],
  [{ avoidNodes: ['dear', 'other'] }, { 'x-reeve-avoid-nodes': 'dear, other' }, 'cheap'],
  [{ maxPriceOutputMicroUsd: '200000' }, { 'x-reeve-max-price-output-micro-usd': '200000' }, 'cheap'],
];
test.each(choices)('[MK-03 selection] %j is heeded, and so is the header', async (reeve, headers, name) => {
  for (let round = 0; round < 4; round++) expect((await asked(reeve)).name).toBe(name);
  for (let round = 0; round < 4; round++) expect((await asked(undefined, headers)).name).toBe(name);
});

test('[MK-03 selection] what is said to the gateway does not reach the backend', async () => {
  const { body } = await asked({ policy: 'cheapest' });
  expect(body).not.toHaveProperty('reeve');
  expect(body).not.toHaveProperty('max_tokens');
});

test('[MK-03 ceiling] a request that may only cost so much goes to who can do it for that, and its answer has an end', async () => {
  // 100 tokens out cost 20 micro-USD at the one and 90 at the other; the input at most one more.
  const { name, body } = await asked({ maxCostMicroUsd: '25' }, {}, { max_tokens: 100 });
  expect([name, body['max_tokens']]).toEqual(['cheap', 100]);
  expect((await asked({ maxCostMicroUsd: '5000' })).body['max_tokens']).toBe(1_024);
});

const inVain: ReadonlyArray<readonly [object, RegExp]> = [
  [{ maxPriceOutputMicroUsd: '100' }, /price of output at most .* 100, it has 200000/],
  [{ region: 'mars' }, /region mars, it has (eu|us)/],
  [{ minStakeMicroUsd: '1' }, /stake at least/],
  [{ nodes: ['nobody'] }, /one of these agents/],
];
test.each(inVain)('[MK-03 ceiling] %j, which nobody meets, is refused at once and says why', async (reeve, reason) => {
  const error: unknown = await asked(reeve).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnprocessableEntityError);
  expect(error).toMatchObject({ code: 'no_node_qualifies', message: expect.stringMatching(reason) });
});

const faults: ReadonlyArray<readonly [unknown, string]> = [
  ['cheapest', 'reeve'],
  [{ policy: 'quickest' }, 'reeve.policy'],
  [{ maxCostMicroUsd: -1 }, 'reeve.maxCostMicroUsd'],
  [{ polcy: 'best' }, 'reeve'],
  [{ nodes: [] }, 'reeve.nodes'],
];
test.each(faults)('[FD-01 input] `reeve: %j` is a bad request that names the member', async (reeve, param) => {
  const error: unknown = await client.post('/chat/completions', { body: { ...hello, reeve } }).catch((e: unknown) => e);
  expect(error).toMatchObject({ status: 400, code: 'invalid_model_request', param });
});

test('[MK-03 affinity] a conversation stays with the node that has its beginning', async () => {
  const turns = [{ role: 'user' as const, content: 'stay with me' }];
  const nodes = new Set<string | null>();
  for (let turn = 0; turn < 8; turn++) {
    const { data, response } = await client.chat.completions.create({ ...hello, messages: turns }).withResponse();
    nodes.add(response.headers.get('x-reeve-node'));
    turns.push(data.choices[0]!.message as never, { role: 'user', content: `turn ${turn}` });
  }
  expect(nodes.size).toBe(1);
});

test('[MK-03 selection] the fastest is the one that was measured to be', async () => {
  cheap.behave({ firstByteDelayMs: 150 });
  const fastest = { policy: 'fastest' };
  for (const only of ['cheap', 'dear', 'cheap', 'dear']) await asked({ ...fastest, nodes: [only] });
  const names = [];
  for (let round = 0; round < 6; round++) names.push((await asked(fastest)).name);
  expect(names.filter((name) => name === 'dear').length).toBeGreaterThanOrEqual(5); // one may be explored
});

test('[LD-01 refusals] market explain says of each node what it is worth, or what it lacks', async () => {
  const market = createClient(hub).market;
  const { summary, items } = await market.explain({ model: 'sim-small', policy: 'cheapest', region: 'eu' });
  expect(summary).toBe('cheap would get it.');
  expect(items.map(({ agentName, eligible, failed }) => [agentName, eligible, failed?.requirement])).toEqual([
    ['cheap', true, undefined],
    ['dear', false, 'region'],
  ]);
  expect(items[0]).toMatchObject({ rank: 1, parts: { success: 1 }, measured: { answers: expect.any(Number) } });
  expect((await market.explain({ model: 'sim-small' })).summary).toMatch(/better of two drawn from 2/);
  await expect(market.explain({ model: 'sim-smal' })).rejects.toMatchObject({ code: 'model_not_found' });
});
