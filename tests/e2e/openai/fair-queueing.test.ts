/** Who is next when there are more requests than a node can take: tenants by tokens, their own requests by priority. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type OpenAI from 'openai';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from './system.ts';
import { eventually } from './waiting.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: AsyncDisposable;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub();
  node = await startLocalNode(hub, backend.url, { concurrency: 1 });
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

async function clientOf(tenant: string): Promise<OpenAI> {
  const { text } = await hub.access.ensureKey({ name: tenant, tenant, permissions: ['chat:use'] });
  return openAi({ url: hub.url, apiKey: text });
}

interface Wish {
  readonly client: OpenAI;
  /** What it is known by at the backend; the prompt begins with it. */
  readonly name: string;
  readonly count?: number;
  readonly promptWords?: number;
  readonly answerWords?: number;
  readonly headers?: Record<string, string>;
}

/** Asks all of it while the one place of the node is taken, and gives the names in the order in which they were served. */
async function served(wishes: readonly Wish[]): Promise<string[]> {
  const before = backend.requests.length;
  const all = wishes.flatMap((wish) => Array.from({ length: wish.count ?? 1 }, () => wish));
  const blocker = ask({ client: await clientOf('blocker'), name: 'blocker' }, { firstByteDelayMs: 600 });
  await eventually(
    () => backend.requests.length,
    (now) => now > before,
  );
  const answers = all.map((wish) => ask(wish, { tokens: wish.answerWords ?? 1 }));
  await eventually(waiting, (now) => now >= all.length);
  await Promise.all([blocker, ...answers]);
  return backend.requests.slice(before + 1).map(({ body }) => nameOf(body));
}

function ask({ client, name, promptWords = 1, headers = {} }: Wish, sim: object): Promise<unknown> {
  const content = [name, ...Array.from({ length: promptWords }, () => 'word')].join(' ');
  const request = { model: 'sim-small', messages: [{ role: 'user' as const, content }], sim };
  return client.chat.completions.create(request, { headers });
}

function nameOf(body: unknown): string {
  return (body as { messages: [{ content: string }] }).messages[0].content.split(' ')[0]!;
}

async function waiting(): Promise<number> {
  const response = await fetch(`${hub.url}/v1/status`, { headers: { authorization: `Bearer ${hub.apiKey}` } });
  return ((await response.json()) as { tasks: { waiting: number } }).tasks.waiting;
}

test('[LD-06 weights] tenants get the same number of tokens, and not of requests: one with long prompts waits for its share', async () => {
  const order = await served([
    { client: await clientOf('long'), name: 'long', count: 4, promptWords: 8_000 },
    { client: await clientOf('short'), name: 'short', count: 12 },
  ]);
  expect(order).toHaveLength(16);
  expect(order.slice(0, 3)).toContain('long'); // it waits for its turn, but not for ever
  expect(order.slice(0, 13).filter((name) => name === 'long')).toHaveLength(1);
});

test('[LD-06 weights] an answer that got long counts when it is there', async () => {
  const order = await served([
    { client: await clientOf('talker'), name: 'talker', count: 6, answerWords: 4_000 },
    { client: await clientOf('brief'), name: 'brief', count: 12 },
  ]);
  expect(order.slice(0, 12).filter((name) => name === 'talker').length).toBeLessThanOrEqual(3);
});

test('[LD-06 priorities] of one tenant the urgent request goes first, whenever it came', async () => {
  const client = await clientOf('one');
  const order = await served([
    { client, name: 'low', count: 2, headers: { 'x-reeve-priority': 'low' } },
    { client, name: 'usual', count: 2 },
    { client, name: 'urgent', headers: { 'x-reeve-priority': 'critical' } },
  ]);
  expect(order).toEqual(['urgent', 'usual', 'usual', 'low', 'low']);
});

test('[LD-06 deadlines] a request that is not answered in the time that it is worth ends with an error, and is not begun', async () => {
  const client = await clientOf('hasty');
  const before = backend.requests.length;
  const blocker = ask({ client, name: 'blocker' }, { firstByteDelayMs: 400 });
  await eventually(
    () => backend.requests.length,
    (now) => now > before,
  );
  const late = ask({ client, name: 'late', headers: { 'x-reeve-timeout-ms': '100' } }, {});
  await expect(late).rejects.toMatchObject({ status: 504, code: 'answer_timeout' });
  await blocker;
  expect(backend.requests.slice(before).map(({ body }) => nameOf(body))).toEqual(['blocker']);
});

test.each([true, '', '0', -1, 1.5, null])('[LD-06] a time-out of %j is refused, and named', async (timeoutMs) => {
  const client = await clientOf('wrong');
  const request = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'wrong' }], reeve: { timeoutMs } };
  const refused = client.chat.completions.create(request);
  await expect(refused).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('reeve.timeoutMs: must be a whole'),
  });
});

test.each([
  ['x-reeve-priority', 'soon', 'reeve.priority'],
  ['x-reeve-timeout-ms', 'a while', 'reeve.timeoutMs'],
])('[LD-06] %s: %s is refused, and named', async (header, value, member) => {
  const client = await clientOf('wrong');
  const refused = ask({ client, name: 'wrong', headers: { [header]: value } }, {});
  await expect(refused).rejects.toMatchObject({ status: 400, message: expect.stringContaining(member) });
});
