/** What a key or tenant may spend, from the limit that is set to the answer, the refusal and the account of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type Client } from '@reeve/sdk';
import { APIError, type OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import {
  openAi,
  startHub,
  startHubProcess,
  startLocalNode,
  startNode,
  type HubAddress,
  type HubProcess,
  type TestHub,
} from './system.ts';
import { eventually } from './waiting.ts';

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }], max_tokens: 100 };
const price = { inputMicroUsd: '150000', outputMicroUsd: '600000' };

let backend: BackendSimulator;
let hub: TestHub;
let admin: Client;
let node: AsyncDisposable;
let keys = 0;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub({ REEVE_HUB_RETRY_INITIAL_DELAY_MS: '10', REEVE_HUB_RETRY_MAX_DELAY_MS: '10' });
  admin = createClient({ url: hub.url, apiKey: await hub.keyWith('*') });
  node = await startLocalNode(hub, backend.url, { name: 'usual', price });
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

/** A new key, as what a budget is set for and as what clients use. */
async function newKey(address: HubAddress = hub, client: Client = admin) {
  const permissions = ['chat:use', 'models:read'] as ('chat:use' | 'models:read')[];
  const { id, apiKey } = await client.keys.create({ name: `budget ${++keys}`, permissions });
  return { subject: `key:${id}`, openai: openAi({ url: address.url, apiKey: apiKey! }) };
}

/** Who may do everything in a hub of its own process. */
async function ownerOf({ url, home }: HubProcess): Promise<Client> {
  const { ownerKey } = JSON.parse(await readFile(join(home, 'dev.json'), 'utf8')) as { ownerKey: string };
  return createClient({ url, apiKey: ownerKey });
}

async function budgetOf(subject: string, client: Client = admin) {
  const { items } = await client.budgets.list({ limit: 500 });
  return items.find((budget) => budget.subject === subject)!;
}

/** The day of a budget when nothing is under way any more. */
async function settledDay(subject: string, client: Client = admin) {
  const budget = await eventually(
    () => budgetOf(subject, client),
    ({ day }) => day!.reservedMicroUsd === '0',
  );
  return budget.day!;
}

interface RefusedBudget {
  readonly window: string;
  readonly neededMicroUsd: string;
}

async function refusalOf(asking: Promise<unknown>): Promise<RefusedBudget> {
  const error = await asking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 402, code: 'budget_exceeded', type: 'insufficient_quota' });
  return ((error as APIError).error as { budget: RefusedBudget }).budget;
}

/** What one request reserves, as the refusal by a budget of nothing says. */
async function neededFor(request: OpenAI.ChatCompletionCreateParamsNonStreaming = hello): Promise<bigint> {
  const { subject, openai } = await newKey();
  await admin.budgets.set({ subject, perDayMicroUsd: '0' });
  const refusal = await refusalOf(openai.chat.completions.create(request));
  return BigInt(refusal.neededMicroUsd);
}

function costPicoUsd(usage: { prompt_tokens: number; completion_tokens: number }): bigint {
  return BigInt(usage.prompt_tokens) * 150_000n + BigInt(usage.completion_tokens) * 600_000n;
}

function roundedUp(picoUsd: bigint): string {
  return `${(picoUsd + 999_999n) / 1_000_000n}`;
}

describe('a request under a budget', () => {
  test('[LD-02 reserve-settle-release] [FD-11 budgets] counts with what it cost at the price of its node, streamed or not', async () => {
    const { subject, openai } = await newKey();
    await admin.budgets.set({ subject, perDayMicroUsd: '1000000', perMonthMicroUsd: '2000000' });
    const { usage } = await openai.chat.completions.create(hello);
    const whole = costPicoUsd(usage!);
    expect((await settledDay(subject)).spentMicroUsd).toBe(roundedUp(whole));
    for await (const chunk of await openai.chat.completions.create({ ...hello, stream: true })) void chunk;
    // The same question again: the node says what it took, though the client did not ask.
    expect((await settledDay(subject)).spentMicroUsd).toBe(roundedUp(2n * whole));
    expect((await budgetOf(subject)).month).toMatchObject({ spentMicroUsd: roundedUp(2n * whole) });
    expect(backend.requests.at(-1)!.body).toMatchObject({ max_tokens: 100 });
  });

  test('[FD-11 budgets] that does not fit is refused with the amounts, and never reaches a node', async () => {
    const needed = await neededFor();
    const { subject, openai } = await newKey();
    await admin.budgets.set({ subject, perMonthMicroUsd: `${needed - 1n}` });
    const before = backend.stats.chats;
    const refusal = await refusalOf(openai.chat.completions.create(hello));
    expect(refusal).toEqual({
      window: 'month',
      subject,
      limitMicroUsd: `${needed - 1n}`,
      spentMicroUsd: '0',
      reservedMicroUsd: '0',
      neededMicroUsd: `${needed}`,
      startsAnewAtMs: (await budgetOf(subject)).month!.startsAnewAtMs,
    });
    expect(backend.stats.chats).toBe(before);
    await admin.budgets.set({ subject, perMonthMicroUsd: `${needed}` });
    await openai.chat.completions.create(hello);
    const bounded = { ...hello, max_tokens: null };
    expect(await neededFor(bounded)).toBeGreaterThan(needed); // one without a limit is given one
  });

  test('[LD-02 concurrent] one of many at once: as many are let through as fit, and nothing is overspent', async () => {
    const crowd = await startBackendSimulator({ models: ['sim-crowd'], behaviour: { untilRequests: 11 } });
    onTestFinished(() => crowd[Symbol.asyncDispose]());
    const crowded = await startLocalNode(hub, crowd.url, { name: 'crowded', price });
    onTestFinished(() => crowded[Symbol.asyncDispose]());
    const request = { ...hello, model: 'sim-crowd' };
    const needed = await neededFor(request);
    const { subject, openai } = await newKey();
    await admin.budgets.set({ subject, perDayMicroUsd: `${10n * needed}` });
    let refused = 0;
    const asked = Array.from({ length: 100 }, () => openai.chat.completions.create(request));
    for (const asking of asked) asking.catch(() => (refused += 1));
    await eventually(
      () => refused,
      (count) => count === 90,
    );
    // None was answered, and settled, yet: one that comes past the hub lets them through.
    await openAi({ url: crowd.url.replace('/v1', ''), apiKey: 'none' }).chat.completions.create(request);
    const answers = await Promise.allSettled(asked);
    const served = answers.filter(({ status }) => status === 'fulfilled');
    expect(served).toHaveLength(10);
    const usages = served.map((answer) => (answer as PromiseFulfilledResult<OpenAI.ChatCompletion>).value.usage!);
    const spent = usages.reduce((sum, usage) => sum + costPicoUsd(usage), 0n);
    expect((await settledDay(subject)).spentMicroUsd).toBe(roundedUp(spent));
  });

  test('[LD-02 reserve-settle-release] that fails gives back what it held; one that broke off counts with what can be billed', async () => {
    const { subject, openai } = await newKey();
    await admin.budgets.set({ subject, perDayMicroUsd: '1000000' });
    backend.behave({ refuseWith: 418 });
    await expect(openai.chat.completions.create(hello)).rejects.toMatchObject({ status: 400 });
    expect((await settledDay(subject)).spentMicroUsd).toBe('0');
    backend.behave({ fault: 'cut-mid-stream' });
    const stream = await openai.chat.completions.create({ ...hello, stream: true });
    const reading = (async () => {
      for await (const chunk of stream) void chunk;
    })();
    await expect(reading).rejects.toThrow();
    const spent = BigInt((await settledDay(subject)).spentMicroUsd);
    expect(spent).toBeGreaterThan(0n);
    expect(spent).toBeLessThanOrEqual(await neededFor());
  });

  test('[FD-11 budgets] of a request goes to a node that it pays for, and is refused when there is none', async () => {
    const cheap = await startLocalNode(hub, backend.url, {
      name: 'cheap',
      price: { inputMicroUsd: '1000', outputMicroUsd: '1000' },
    });
    onTestFinished(() => cheap[Symbol.asyncDispose]());
    const { subject, openai } = await newKey();
    await admin.budgets.set({ subject, perRequestMicroUsd: '5' });
    for (let round = 0; round < 4; round++) {
      const { response } = await openai.chat.completions.create(hello).withResponse();
      const offers = await admin.market.offers({ model: 'sim-small' });
      const served = offers.items.find(({ nodeId }) => nodeId === response.headers.get('x-reeve-node'));
      expect(served!.node).toBe('cheap');
    }
    await admin.budgets.set({ subject, perRequestMicroUsd: '0' });
    expect(await refusalOf(openai.chat.completions.create(hello))).toMatchObject({ window: 'request' });
  });

  test('[FD-11 budgets] of its tenant shares it with every key; a picture, whose cost nobody knows, is refused', async () => {
    const tenant = 'studio';
    const made = await admin.keys.create({ name: 'studio', permissions: ['chat:use'], tenant });
    const openai = openAi({ url: hub.url, apiKey: made.apiKey! });
    await admin.budgets.set({ subject: `tenant:${tenant}`, perDayMicroUsd: '0' });
    expect(await refusalOf(openai.chat.completions.create(hello))).toMatchObject({ subject: `tenant:${tenant}` });
    const picture = { type: 'image_url' as const, image_url: { url: 'data:,' } };
    const shown = { ...hello, messages: [{ role: 'user' as const, content: [picture] }] };
    await expect(openai.chat.completions.create(shown)).rejects.toMatchObject({ status: 400 });
    await admin.budgets.remove({ subject: `tenant:${tenant}` });
    await openai.chat.completions.create(hello);
  });
});

test('[MK-16 limits] requests and tokens of a minute are limited for a key, told in headers, and corrected by what was used', async () => {
  const { subject, openai } = await newKey();
  await admin.budgets.set({ subject, requestsPerMinute: 2, tokensPerMinute: 100_000 });
  const { response } = await openai.chat.completions.create(hello).withResponse();
  expect(response.headers.get('x-ratelimit-limit-requests')).toBe('2');
  expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('1');
  expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('100000');
  const taken = 100_000 - Number(response.headers.get('x-ratelimit-remaining-tokens'));
  expect(taken).toBeGreaterThan(600); // by the bounds of its prompt and of its answer
  const streamed = await openai.chat.completions.create({ ...hello, stream: true }).withResponse();
  for await (const chunk of streamed.data) void chunk;
  const left = Number(streamed.response.headers.get('x-ratelimit-remaining-tokens'));
  expect(left).toBeGreaterThan(100_000 - 2 * taken); // the first used less than was taken for it
  const refused: unknown = await openai.chat.completions.create(hello).catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error', code: 'rate_limited' });
  const headers = (refused as APIError).headers!;
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(headers.get('x-ratelimit-remaining-requests')).toBe('0');
  await admin.budgets.set({ subject, requestsPerMinute: null, tokensPerMinute: 1 });
  expect((await budgetOf(subject)).tokensPerMinute).toBe(1);
});

test('[LD-02 reserve-settle-release] a node that comes later and asks more than was reserved does not get it', async () => {
  const own = await startHub();
  onTestFinished(() => own[Symbol.asyncDispose]());
  const client = createClient({ url: own.url, apiKey: await own.keyWith('*') });
  const both = await startBackendSimulator({ behaviour: { untilRequests: 2 } });
  onTestFinished(() => both[Symbol.asyncDispose]());
  const usual = await startLocalNode(own, both.url, { name: 'usual', price, concurrency: 1 });
  onTestFinished(() => usual[Symbol.asyncDispose]());
  const { subject, openai } = await newKey(own, client);
  await client.budgets.set({ subject, perDayMicroUsd: '1000000' });
  const begun = both.next('request');
  const first = openai.chat.completions.create(hello);
  await begun;
  const second = openai.chat.completions.create(hello).withResponse(); // waits: the node is busy
  await eventually(
    () => client.hub.status({}),
    ({ tasks }) => tasks.waiting === 1,
  );
  const dearer = { inputMicroUsd: '150000', outputMicroUsd: '600001' };
  const late = await startLocalNode(own, backend.url, { name: 'late', price: dearer });
  onTestFinished(() => late[Symbol.asyncDispose]());
  await openAi({ url: both.url.replace('/v1', ''), apiKey: 'none' }).chat.completions.create(hello); // lets the first through
  await first;
  const { response } = await second;
  const { items } = await client.market.offers({ model: 'sim-small' });
  const served = items.find(({ nodeId }) => nodeId === response.headers.get('x-reeve-node'));
  expect(served!.node).toBe('usual');
});

test('[LD-02 reserve-settle-release] what is billed for it is what its budget counted', async () => {
  const own = await startHub();
  onTestFinished(() => own[Symbol.asyncDispose]());
  const client = createClient({ url: own.url, apiKey: await own.keyWith('*') });
  const signing = await startNode(own, backend.url, { name: 'signing', price });
  onTestFinished(() => signing[Symbol.asyncDispose]());
  const { subject, openai } = await newKey(own, client);
  await client.budgets.set({ subject, perDayMicroUsd: '1000000' });
  for (let round = 0; round < 3; round++) await openai.chat.completions.create(hello);
  for await (const chunk of await openai.chat.completions.create({ ...hello, stream: true })) void chunk;
  backend.behave({ fault: 'cut-mid-stream' });
  const broken = await openai.chat.completions.create({ ...hello, stream: true });
  const reading = (async () => {
    for await (const chunk of broken) void chunk;
  })();
  await expect(reading).rejects.toThrow();
  const { items } = await eventually(
    () => client.receipts.list({ limit: 500 }),
    (receipts) => receipts.items.length === 5,
  );
  expect(items.map(({ outcome }) => outcome)).toEqual(['partial', 'served', 'served', 'served', 'served']);
  expect(items.every(({ disputed }) => disputed === undefined)).toBe(true);
  const [usage] = (await client.usage.show({ by: ['key'] })).items;
  const { spentMicroUsd } = await settledDay(subject, client);
  const billed = BigInt(usage!.costMicroUsd); // rounded down; what a budget counts is rounded up
  expect(BigInt(spentMicroUsd) - billed).toBeLessThanOrEqual(1n);
  expect(BigInt(spentMicroUsd)).toBeGreaterThanOrEqual(billed);
});

test('[LD-02 reserve-settle-release] kill -9 under load: what was spent stays spent, what was held is free again', async () => {
  let process = await startHubProcess();
  onTestFinished(() => process[Symbol.asyncDispose]());
  const client = await ownerOf(process);
  let near = await startLocalNode(process, backend.url, { price });
  const { subject, openai } = await newKey(process, client);
  await client.budgets.set({ subject, perDayMicroUsd: '1000000' });
  await openai.chat.completions.create(hello);
  const { spentMicroUsd } = await settledDay(subject, client);
  backend.behave({ fault: 'stall-first-byte' });
  const lost = Array.from({ length: 5 }, () => openai.chat.completions.create(hello).catch(() => undefined));
  await eventually(
    () => budgetOf(subject, client),
    ({ day }) => BigInt(day!.reservedMicroUsd) > 0n,
  );
  await process.process.killNow();
  await Promise.all(lost);
  await near[Symbol.asyncDispose]();
  backend.behave({});
  process = await startHubProcess({}, process.home);
  const again = await ownerOf(process);
  near = await startLocalNode(process, backend.url, { price });
  onTestFinished(() => near[Symbol.asyncDispose]());
  const day = (await budgetOf(subject, again)).day!;
  expect(day).toMatchObject({ spentMicroUsd, reservedMicroUsd: '0' });
});

describe('the operations', () => {
  test('[FD-11 budgets] limits are kept, changed one by one and taken away; every change is in the audit log', async () => {
    const { subject } = await newKey();
    await admin.budgets.set({ subject, perDayMicroUsd: '5', perRequestMicroUsd: '2' });
    const both = await admin.budgets.set({ subject, perMonthMicroUsd: '9' });
    expect(both).toMatchObject({ perRequestMicroUsd: '2', day: { limitMicroUsd: '5' }, month: { limitMicroUsd: '9' } });
    const less = await admin.budgets.set({ subject, perDayMicroUsd: null });
    expect(less.day).toBeUndefined();
    expect(await budgetOf(subject)).toEqual(less);
    const nothing = { subject, perRequestMicroUsd: null, perMonthMicroUsd: null };
    await expect(admin.budgets.set(nothing)).rejects.toMatchObject({ code: 'invalid_input' });
    await admin.budgets.remove({ subject });
    expect(await budgetOf(subject)).toBeUndefined();
    await expect(admin.budgets.remove({ subject })).rejects.toMatchObject({ code: 'not_found' });
    const { items } = await admin.audit.list({ limit: 500 });
    const audited = items.filter(({ target }) => target === subject).map(({ operation }) => operation);
    expect(audited.filter((operation) => operation === 'budgets.set').length).toBeGreaterThanOrEqual(3);
    expect(audited).toContain('budgets.remove');
  });

  test('[FD-11 budgets] nobody sets a budget without the permission, or of another tenant', async () => {
    const { subject } = await newKey();
    const plain = createClient({ url: hub.url, apiKey: hub.apiKey });
    await expect(plain.budgets.set({ subject, perDayMicroUsd: '1' })).rejects.toMatchObject({ code: 'forbidden' });
    const own = createClient({ url: hub.url, apiKey: await hub.keyWith('budgets:*') });
    await own.budgets.set({ subject, perDayMicroUsd: '1' });
    const foreign = await admin.keys.create({ name: 'foreign', permissions: ['chat:use'], tenant: 'elsewhere' });
    const ofForeign = { subject: `key:${foreign.id}`, perDayMicroUsd: '1' };
    await expect(own.budgets.set(ofForeign)).rejects.toMatchObject({ code: 'not_found' });
    const ofTenant = { subject: 'tenant:elsewhere', perDayMicroUsd: '1' };
    await expect(own.budgets.set(ofTenant)).rejects.toMatchObject({ code: 'forbidden' });
    await admin.budgets.set(ofTenant);
    expect((await own.budgets.list({})).items.map(({ tenant }) => tenant)).not.toContain('elsewhere');
    await expect(own.budgets.remove({ subject: 'tenant:elsewhere' })).rejects.toMatchObject({ code: 'not_found' });
    for (const wrong of ['me', 'key:1', 'tenant:'])
      await expect(own.budgets.set({ subject: wrong, perDayMicroUsd: '1' })).rejects.toMatchObject({ status: 422 });
  });
});
