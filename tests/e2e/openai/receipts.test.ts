/** Receipts from the answer of a node to what a client can check without anybody. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { textFaults, verifyEvidence } from '@reeve/market';
import { exportReceipts, type ReceiptEvidence } from '@reeve/market/api';
import { createClient, type Client } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import type { SystemProcess } from './process.ts';
import { openAi, startHub, startNode, type TestHub } from './system.ts';
import { eventually } from './waiting.ts';

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };
const price = { inputMicroUsd: '150000', outputMicroUsd: '600000' };

let backend: BackendSimulator;
let hub: TestHub;
let client: Client;
let everything: string;
let node: SystemProcess;
let state: string;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub();
  everything = await hub.keyWith('*');
  client = createClient({ url: hub.url, apiKey: everything });
});
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'reeve-state-'));
  node = await startNode(hub, backend.url, { name: 'honest', price, state });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await rm(state, { recursive: true, force: true });
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'reeve-state-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Asks, reads the answer to its end, and gives the id of the request. */
async function ask(stream = false, options: object = {}): Promise<string> {
  const response = await openAi(hub)
    .chat.completions.create({ ...hello, stream, ...options })
    .asResponse();
  await response.text();
  return response.headers.get('x-reeve-task')!;
}

async function receiptOf(taskId: string) {
  const all = await eventually(
    () => client.receipts.list({ limit: 500 }),
    ({ items }) => items.some((item) => item.taskId === taskId),
  );
  const summary = all.items.find((item) => item.taskId === taskId)!;
  const { items } = await client.receipts.show({ taskId });
  return { summary, evidence: items[0]! };
}

describe('an answer', () => {
  test('[MK-04 receipt] [LD-04 countersigned] [LD-03 receipt] has a receipt by its request id that holds by itself', async () => {
    for (const stream of [false, true]) {
      const taskId = await ask(stream, stream ? { stream_options: { include_usage: true } } : {});
      const { summary, evidence } = await receiptOf(taskId);
      expect(summary).toMatchObject({ outcome: 'served', model: 'sim-small', promptTokens: expect.any(Number) });
      expect(summary.disputed).toBeUndefined();
      const { promptTokens, completionTokens, costPicoUsd, fence } = evidence.receipt;
      expect(promptTokens).toBeGreaterThan(0);
      expect(completionTokens).toBeGreaterThan(0);
      expect(BigInt(costPicoUsd)).toBe(BigInt(promptTokens) * 150_000n + BigInt(completionTokens) * 600_000n);
      expect(verifyEvidence(evidence)).toEqual({ ok: true, faults: [], disputed: false });
      const other = { ...evidence, receipt: { ...evidence.receipt, fence: fence + 1 } };
      expect(verifyEvidence(other).faults).toEqual(['it is not in the batch that the node signed']);
    }
  });

  test('[MK-04 durable] nodes go on with their numbers after kill -9, under the key of their folder', async () => {
    const before = await receiptOf(await ask());
    await node.killNow();
    expect((await stat(join(state, 'receipts.key'))).mode & 0o777).toBe(0o600);
    node = await startNode(hub, backend.url, { name: 'honest', price, state });
    const after = await receiptOf(await ask());
    expect(after.evidence.batch.node).toBe(before.evidence.batch.node);
    expect(after.evidence.receipt.sequence).toBe(before.evidence.receipt.sequence + 1);
    expect(after.evidence.batch.sequence).toBe(before.evidence.batch.sequence + 1);
  });
});

describe('the command line', () => {
  const main = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));
  const run = promisify(execFile);

  function reeve(...words: string[]) {
    const env = { ...process.env, REEVE_URL: hub.url, REEVE_API_KEY: everything, REEVE_HOME: hub.home };
    return run(process.execPath, ['--conditions=reeve-source', main, ...words], { env });
  }

  test('[MK-04 offline] [LD-05 offline] exports receipts, and checks them without a hub; a changed one is named', async () => {
    const taskId = await ask();
    await receiptOf(taskId);
    const path = join(await folder(), 'receipts.ndjson');
    const { stdout } = await reeve('receipts', 'export');
    await writeFile(path, stdout);
    const nowhere = { REEVE_URL: 'http://127.0.0.1:1', REEVE_API_KEY: 'rv_none' };
    const offline = { env: { ...process.env, ...nowhere } };
    const verify = [main, 'receipts', 'verify', path];
    const checked = await run(process.execPath, ['--conditions=reeve-source', ...verify], offline);
    expect(checked.stdout).toContain(`holds    ${taskId}`);
    expect(checked.stdout).toMatch(/ 0 wrong, 0 disputed/);
    await writeFile(path, stdout.replaceAll('"served"', '"partial"'));
    const lie = await run(process.execPath, ['--conditions=reeve-source', ...verify], offline).catch(
      (error: { code: number; stdout: string }) => error,
    );
    expect(lie).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`WRONG    ${taskId}  it is not in the batch`),
    });
  });

  test('[MK-04 offline] compares the texts of one receipt, of a stream as it came', async () => {
    const body = { ...hello, stream: true, stream_options: { include_usage: true } };
    const response = await openAi(hub).chat.completions.create(body).asResponse();
    const stream = await response.text();
    const taskId = response.headers.get('x-reeve-task')!;
    const { evidence } = await receiptOf(taskId);
    expect(textFaults(evidence, { request: JSON.stringify(body), response: stream })).toEqual([]);
    const other = JSON.stringify({ ...body, temperature: 0 });
    expect(textFaults(evidence, { request: other, response: stream.replace('Hello', 'Hallo') })).toEqual([
      'the request is not the one that was answered',
      'the response is not the one that was given',
    ]);
  });

  test('[MK-04 durable] usage is the sum of receipts to the micro-dollar, by what is asked for', async () => {
    const lines = (await reeve('usage', '--by', 'key,model', '--json')).stdout.trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as Record<string, string>);
    const all: ReceiptEvidence['receipt'][] = [];
    for await (const { receipt } of client.paginate(exportReceipts)) all.push(receipt);
    const sum = all.reduce((total, { costPicoUsd }) => total + BigInt(costPicoUsd), 0n);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ model: 'sim-small', key: expect.stringMatching(/^key:/), served: all.length });
    expect(rows[0]!['costMicroUsd']).toBe(`${sum / 1_000_000n}`);
    const csv = (await reeve('usage', '--by', 'day,node', '--csv')).stdout.trim().split('\n');
    expect(csv[0]).toMatch(/^day,node,served,/);
    expect(csv.slice(1).map((line) => line.split(',')[1])).toContain('honest');
    expect((await reeve('usage')).stdout).toContain('sim-small');
  });

  test('[MK-11 replay] [LD-10 prices] records traffic without texts, and tries a price on it before it is asked', async () => {
    await receiptOf(await ask());
    const home = await folder();
    const [trace, prediction] = [join(home, 'traffic.trace'), join(home, 'prediction.json')];
    await reeve('market', 'trace', 'record', '--out', trace);
    const [head, ...requests] = (await readFile(trace, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(head).toMatchObject({ format: 'reeve.trace.v1', offers: expect.any(Array) });
    expect(head.offers).toContainEqual(expect.objectContaining({ node: 'honest', model: 'sim-small' }));
    const { items } = await client.receipts.list({ limit: 500 });
    expect(requests).toHaveLength(items.length);
    expect(JSON.stringify(requests)).not.toMatch(/hello|key:/i);
    for (const request of requests) {
      expect(request).toMatchObject({ node: 'honest', priceInputMicroUsd: '150000', priceOutputMicroUsd: '600000' });
      expect(Math.abs(Date.now() - request.arrivedAtMs)).toBeLessThan(600_000);
    }
    const tried = ['--trace', trace, '--node', 'honest', '--pricing', 'costPlus', '--cost', '100000/1000000'];
    const told = await reeve('market', 'pricing', 'simulate', ...tried, '--every', '50ms', '--out', prediction);
    expect(told.stdout).toContain('honest: revenue');
    expect(JSON.parse(await readFile(prediction, 'utf8'))).toMatchObject({ node: 'honest', pricing: 'costPlus' });
    const paid = items.reduce(
      (sum, { promptTokens, completionTokens }) => sum + promptTokens * 150_000 + completionTokens * 600_000,
      0,
    );
    const simulated = JSON.parse((await reeve('market', 'pricing', 'simulate', ...tried, '--json')).stdout);
    expect(simulated.current).toMatchObject({
      served: items.length,
      lost: 0,
      revenueMicroUsd: `${Math.floor(paid / 1e6)}`,
    });
    await writeFile(trace, `${JSON.stringify(head)}\n{"arrivedAtMs":"now"}\n`);
    const broken = await reeve('market', 'pricing', 'simulate', ...tried).catch((error: { stderr: string }) => error);
    expect(broken.stderr).toMatch(/trace_unreadable|line 2: arrivedAtMs/);
  });

  test('[MK-12 profit] [MK-12 concentration] [MK-12 exposure] [FD-11 cost] the report is the sum of receipts to the micro-dollar', async () => {
    await receiptOf(await ask());
    const all: ReceiptEvidence['receipt'][] = [];
    for await (const { receipt } of client.paginate(exportReceipts)) all.push(receipt);
    const paid = all.reduce((sum, { costPicoUsd }) => sum + BigInt(costPicoUsd), 0n) / 1_000_000n;
    const costs = ['--cost', '*=perHour:3600000,energyPrice:1000000,watts:1000'];
    const told = await reeve('market', 'report', ...costs, '--exposure-limit', '1', '--json');
    const report = JSON.parse(told.stdout);
    expect(report).toMatchObject({ revenueMicroUsd: `${paid}`, complete: true, idle: [] });
    expect(report.concentration).toEqual({ holders: 1, topTenthShare: 1, herfindahl: 10_000 });
    const [line] = report.items;
    expect(line).toMatchObject({
      name: 'honest',
      answers: all.length,
      revenueMicroUsd: `${paid}`,
      overLimitMicroUsd: `${paid - 1n}`,
    });
    const { machineMicroUsd, energyMicroUsd, gasMicroUsd, profitMicroUsd } = line.costs;
    expect(BigInt(machineMicroUsd)).toBeGreaterThan(0n); // since it was registered, at a micro-USD a millisecond
    expect(BigInt(machineMicroUsd)).toBeLessThan(600_000_000n);
    expect(gasMicroUsd).toBe('0');
    expect(BigInt(profitMicroUsd)).toBe(paid - BigInt(machineMicroUsd) - BigInt(energyMicroUsd));
    for (const by of ['model', 'key'] as const) {
      const { items } = await client.market.report({ by });
      expect(items).toEqual([expect.objectContaining({ revenueMicroUsd: `${paid}`, answers: all.length })]);
      expect(items[0]).not.toHaveProperty('costs');
    }
    const text = (await reeve('market', 'report', ...costs)).stdout;
    expect(text).toMatch(/Herfindahl index 10000 of 10000/);
    const usage = await client.usage.show({ by: ['model'] });
    expect(usage.items[0]!.meanCostMicroUsd).toBe(
      `${all.reduce((sum, { costPicoUsd }) => sum + BigInt(costPicoUsd), 0n) / BigInt(all.length) / 1_000_000n}`,
    );
  });

  test('[FD-11 estimate] what a request would cost lies between what is likely and a bound that holds', async () => {
    const request = { model: 'sim-small', promptBytes: 60, maxTokens: 100 };
    const { lowest, likely, highest, measuredAnswers } = await client.market.estimate(request);
    expect(measuredAnswers).toBeGreaterThan(0);
    expect(BigInt(lowest.costMicroUsd)).toBeLessThanOrEqual(BigInt(likely.costMicroUsd));
    expect(BigInt(likely.costMicroUsd)).toBeLessThanOrEqual(BigInt(highest.costMicroUsd));
    const { receipt } = (await receiptOf(await ask(false, { max_tokens: 100 }))).evidence;
    expect(receipt.promptTokens).toBeLessThanOrEqual(highest.promptTokens);
    expect(BigInt(receipt.costPicoUsd) / 1_000_000n).toBeLessThanOrEqual(BigInt(highest.costMicroUsd));
    expect((await reeve('market', 'estimate', '--model', 'sim-small', '--prompt-bytes', '60')).stdout).toContain(
      'likely',
    );
    const refused = client.market.estimate({ ...request, region: 'mars' });
    await expect(refused).rejects.toMatchObject({ code: 'no_node_qualifies' });
  });
});
