import { expect, test } from 'vitest';
import type { TaskContext } from '@reeve/hub/api';
import { meteredHandler, type ReceiptDraft } from '../../src/metering/metered-handler.ts';

const context: TaskContext = {
  taskId: '01900000-0000-7000-8000-000000000000',
  attempt: 1,
  fence: 1,
  capability: 'llm.chat:m',
  signal: new AbortController().signal,
  emit: async () => {},
  progress: () => {},
  blob: () => Promise.reject(new Error('there is none')),
};
const answer = { streamed: false, completion: '{}', pieces: 0, usage: { promptTokens: 1, completionTokens: 2 } };

function metering() {
  const [drafts, errors]: [ReceiptDraft[], string[]] = [[], []];
  return {
    drafts,
    errors,
    clock: { nowMs: () => 1_000 },
    log: { error: (_facts: unknown, message: string) => void errors.push(message) },
    offerOf: () => ({ model: 'm', priceInputMicroUsd: 1n, priceOutputMicroUsd: 1n }),
    take: (draft: ReceiptDraft) => void drafts.push(draft),
  };
}

test('[MK-04 durable] an answer goes out before its receipt is drafted, and has one', async () => {
  const around = metering();
  await expect(meteredHandler(async () => answer, around)({ messages: [] }, context)).resolves.toBe(answer);
  expect(around.drafts).toEqual([]);
  await expect.poll(() => around.drafts).toMatchObject([{ receipt: { outcome: 'served', completionTokens: 2 } }]);
});

test('[MK-04 durable] an input that cannot be hashed costs the receipt, not the answer and not the node', async () => {
  const around = metering();
  const input = JSON.parse('{ "messages": [], "temperature": 1e999 }') as unknown;
  await expect(meteredHandler(async () => answer, around)(input, context)).resolves.toBe(answer);
  await expect.poll(() => around.errors).toEqual([expect.stringContaining('no receipt')]);
  const broken = meteredHandler(() => Promise.reject(new Error('of the backend')), around);
  await expect(broken(input, context)).rejects.toThrow('of the backend');
  expect([around.errors.length, around.drafts]).toEqual([2, []]);
});
