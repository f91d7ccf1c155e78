/** What a trace and an estimate read of the record: answers that both sides agree on, of one tenant, in order. */
import { expect, test } from 'vitest';
import { traceOperation } from '../../src/services/trace.ts';
import { selectMeasuredAnswers } from '../../src/store/estimate.ts';
import { insertAnswer, insertReceipt } from '../../src/store/receipts.ts';
import type { ReceiptsTable } from '../../src/store/tables.ts';
import { selectTrace, type TraceRow } from '../../src/store/trace.ts';
import { startIntake } from '../receipts/start-intake.ts';

const arrivedAtMs = Date.UTC(2026, 10, 21, 12);

/** A UUIDv7 of exactly this time; those of the kernel go on where the last one was. */
function idAt(atMs: number): string {
  const hex = atMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** Each is a request of its own, which was seen unless its `price` is null. */
async function record(answers: readonly (Partial<ReceiptsTable> & { price?: null })[]) {
  const { database } = await startIntake();
  const statements = answers.flatMap(({ price = '100', ...given }, at) => {
    const task_id = idAt(arrivedAtMs + at);
    const seq = at + 1;
    const answer = { task_id, tenant: 'clients', caller: 'key:1', model: 'm', outcome: 'served' };
    const bounds = { prompt_bound: 600, completion_bound: 300, text_bytes: 20 };
    const ended = { price_input: price, price_output: price, ended_at_ms: arrivedAtMs + 500 };
    const receipt = { node: 'a', agent_id: 'a', batch_sequence: seq, leaf_index: 0, sequence: seq, fence: seq };
    const tokens = { prompt_tokens: 10, completion_tokens: seq, billed_micro_usd: 0, billed_rest_pico_usd: 0 };
    const seen = { text_bytes: 20, disputed: null, fields: '{}', day: '2026-11-21', received_at_ms: arrivedAtMs };
    const rest = { outcome: 'served' as const, model: 'm', tenant: 'clients', caller: 'key:1' };
    return [
      insertAnswer.bind({ ...answer, ...bounds, ...ended }),
      insertReceipt.bind({ seq, task_id, ...receipt, ...tokens, ...seen, ...rest, ...given }),
    ];
  });
  await database.commit({ statements });
  return database;
}

test('[MK-11 replay] a trace has what was given and agreed with, of one tenant, and goes on where a page ended', async () => {
  const database = await record([
    {},
    { disputed: 'aboveCount' },
    { tenant: 'others' },
    { outcome: 'failed' },
    { price: null },
    { outcome: 'partial' },
    { day: '2026-11-22' },
  ]);
  const page = async (after: number, limit: number, to = '2026-11-21') =>
    (await database.read<TraceRow>(selectTrace({ tenant: 'clients', to, after, limit }))).map(({ seq }) => seq);
  expect(await page(0, 10)).toEqual([1, 6]);
  expect(await page(1, 1)).toEqual([6]);
  expect(await page(0, 10, '2026-11-22')).toEqual([1, 6, 7]);
});

test('[MK-11 replay] a request arrived when its id was made, and names the node', async () => {
  const database = await record([{}]);
  const hub = { agent: () => ({ offer: { name: 'gpu-1' } }) as never };
  const { handler } = traceOperation({ hub, database }) as unknown as {
    handler(input: object, call: object): Promise<{ items: unknown[] }>;
  };
  const { items } = await handler({ limit: 10 }, { caller: { tenant: 'clients' } });
  expect(items).toEqual([
    {
      arrivedAtMs,
      durationMs: 500,
      model: 'm',
      promptTokens: 10,
      completionTokens: 1,
      node: 'gpu-1',
      priceInputMicroUsd: '100',
      priceOutputMicroUsd: '100',
    },
  ]);
});

test('[FD-11 estimate] goes by the newest whole answers of the model', async () => {
  const database = await record([{}, {}, { model: 'other' }, { outcome: 'partial' }, { disputed: 'wrongCost' }, {}]);
  const query = selectMeasuredAnswers.bind({ tenant: 'clients', model: 'm', limit: 2 });
  expect(await database.read(query)).toEqual([
    { prompt_tokens: 10, completion_tokens: 6, prompt_bound: 600 },
    { prompt_tokens: 10, completion_tokens: 2, prompt_bound: 600 },
  ]);
});
