/** Receipts from the answer of a node to what a client can check without anybody. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyEvidence } from '@reeve/market';
import { createClient, type Client } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startNode, type TestHub } from './system.ts';
import { eventually } from './waiting.ts';

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };
const price = { inputMicroUsd: '150000', outputMicroUsd: '600000' };

let backend: BackendSimulator;
let hub: TestHub;
let client: Client;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub();
  client = createClient({ url: hub.url, apiKey: await hub.keyWith('*') });
});
afterAll(async () => {
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
    await using _node = await startNode(hub, backend.url, { name: 'honest', price });
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

  test('[LD-05 off-path] [MK-04 durable] nodes go on with their numbers after kill -9, under the key of their folder', async () => {
    const state = await folder();
    const options = { name: 'killed', price, state };
    const first = await startNode(hub, backend.url, options);
    const before = await receiptOf(await ask());
    await first.killNow();
    expect((await stat(join(state, 'receipts.key'))).mode & 0o777).toBe(0o600);
    await using _again = await startNode(hub, backend.url, options);
    const after = await receiptOf(await ask());
    expect(after.evidence.batch.node).toBe(before.evidence.batch.node);
    expect(after.evidence.receipt.sequence).toBe(before.evidence.receipt.sequence + 1);
    expect(after.evidence.batch.sequence).toBe(before.evidence.batch.sequence + 1);
  });
});
