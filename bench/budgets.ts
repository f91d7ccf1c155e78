/**
 * What exact budgets cost, and whether they are exact: the same requests by a key without a budget, by one with budgets of
 * its own and of its tenant for day and month, and 1,000 requests at once against a budget for 100. Every commit is synced.
 *
 *     npm run bench -- budgets [--rounds 5]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { newHome, start, startHub } from './harness/processes.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, quantileOf, type Contestant, type Figures } from './harness/rounds.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const messages = [{ role: 'user', content: 'Say something short, please.' }];
const [together, affordable] = [1_000, 100];

using home = newHome();
const hub = await startHub({ REEVE_HOME: home.path });
const { ownerKey } = JSON.parse(readFileSync(join(home.path, 'dev.json'), 'utf8')) as { ownerKey: string };
const pool = new Pool(hub.url, { connections: together, pipelining: 1 });

async function call(method: 'GET' | 'POST' | 'PATCH', path: string, key: string, body?: object) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const answer = await pool.request({ method, path, headers, body: body ? JSON.stringify(body) : null });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** A simulated model server that offers one model, and the node before it. */
async function startNode(model: string, ...parameters: string[]) {
  const file = 'tests/simulators/openai-backend.ts';
  const backend = await start(file, ['--models', model, ...parameters], {}, (line) => line.includes('http://'));
  const options = JSON.stringify({
    backend: `${/http:\/\/\S+?(?=\/v1|\s|$)/.exec(backend.line)![0]}/v1`,
    url: hub.url,
    name: model,
    concurrency: 512,
    benchmarkMs: 0,
    state: join(home.path, model),
    price: { inputMicroUsd: '150000', outputMicroUsd: '600000' },
  });
  const env = { REEVE_API_KEY: hub.apiKey };
  const node = await start('packages/server/src/main.ts', ['node', options], env, (line) => line.includes('"online"'));
  return [node, backend];
}

async function newKey(tenant: string): Promise<{ subject: string; key: string }> {
  const body = { name: 'bench', permissions: ['chat:use'], tenant };
  const { id, apiKey } = JSON.parse((await call('POST', '/v1/keys', ownerKey, body)).text) as Record<string, string>;
  return { subject: `key:${id}`, key: apiKey! };
}

async function setBudget(subject: string, limits: object): Promise<void> {
  const { status, text } = await call('PATCH', `/v1/budgets/${subject}`, ownerKey, limits);
  if (status !== 200) throw new Error(text);
}

function ask(key: string, model: string, stream = false) {
  return call('POST', '/v1/chat/completions', key, { model, messages, max_tokens: 64, stream });
}

async function served(key: string): Promise<void> {
  const { status, text } = await ask(key, 'quick');
  if (status !== 200) throw new Error(text);
}

/** One after the other, then 50 at once for two seconds. */
async function throughput(key: string): Promise<Figures> {
  const timesMs: number[] = [];
  for (let index = 0; index < 300; index++) {
    const startedMs = performance.now();
    await served(key);
    timesMs.push(performance.now() - startedMs);
  }
  const [cpuBefore, startedMs] = [hub.cpuMs(), performance.now()];
  let count = 0;
  const turns = Array.from({ length: 50 }, async () => {
    for (; performance.now() < startedMs + 2_000; count++) await served(key);
  });
  await Promise.all(turns);
  const requestsPerSecond = (count * 1_000) / (performance.now() - startedMs);
  return { p50Ms: quantileOf(timesMs, 0.5), requestsPerSecond, hubCpuMsPerRequest: (hub.cpuMs() - cpuBefore) / count };
}

interface Amounts {
  readonly neededMicroUsd: string;
}

/** As many at once as there are, against a budget for a tenth of them, while none of them ends. */
async function crowd(): Promise<Figures> {
  const { subject, key } = await newKey('crowd');
  await setBudget(subject, { perDayMicroUsd: '0' });
  const refusal = JSON.parse((await ask(key, 'slow', true)).text) as { error: { budget: Amounts } };
  const limit = BigInt(refusal.error.budget.neededMicroUsd) * BigInt(affordable);
  await setBudget(subject, { perDayMicroUsd: `${limit}` });
  const startedMs = performance.now();
  let refusedMs = 0;
  const statuses = await Promise.all(
    Array.from({ length: together }, async () => {
      const { status } = await ask(key, 'slow', true);
      if (status === 402) refusedMs = performance.now() - startedMs;
      return status;
    }),
  );
  const { items } = JSON.parse((await call('GET', '/v1/budgets?limit=500', ownerKey)).text) as {
    items: readonly { subject: string; day: Record<'spentMicroUsd' | 'reservedMicroUsd', string> }[];
  };
  const { spentMicroUsd, reservedMicroUsd } = items.find((budget) => budget.subject === subject)!.day;
  const over = BigInt(spentMicroUsd) + BigInt(reservedMicroUsd) - limit;
  return {
    admitted: statuses.filter((status) => status === 200).length,
    refused: statuses.filter((status) => status === 402).length,
    overspentMicroUsd: over > 0n ? Number(over) : 0,
    lastRefusalMs: refusedMs,
  };
}

const processes = [
  ...(await startNode('quick')),
  ...(await startNode('slow', '--tokens', '8', '--interval-ms', '400')),
];
const [free, limited] = [await newKey('free'), await newKey('limited')];
const plenty = { perDayMicroUsd: '100000000000', perMonthMicroUsd: '100000000000' };
await setBudget(limited.subject, plenty);
await setBudget('tenant:limited', plenty);
for (const { key } of [free, limited]) for (let index = 0; index < 3_000; index++) await served(key);

const contestants: Contestant[] = [
  { name: 'no budget', about: 'hub and node; durability sync', measure: () => throughput(free.key) },
  { name: 'four budgets', about: 'day and month, of key and of tenant', measure: () => throughput(limited.key) },
];
const burst = { name: '1,000 at once', about: 'against a budget for 100 of them', measure: crowd };
const rounds = Number(values.rounds);
writeResult('budgets', {
  throughput: await measureRounds(contestants, rounds),
  exactness: await measureRounds([burst], rounds),
});
await pool.close();
for (const each of processes) await each.stop();
await hub.stop();
