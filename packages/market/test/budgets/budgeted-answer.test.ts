/** What can be billed for an answer under a budget: what its budget counted, and not before that is on disk. */
import { createLogger, createMetrics, type Database } from '@reeve/platform';
import { systemClock, uuidv7 } from '@reeve/kernel';
import { expect, test } from 'vitest';
import { createBudgetMetrics } from '../../src/budget-metrics.ts';
import { AnswerLedger } from '../../src/services/answer-ledger.ts';
import { BudgetBook } from '../../src/services/budgets/budget-book.ts';
import { selectWindowsOf, upsertBudget, upsertWindow } from '../../src/store/budgets.ts';
import type { BudgetWindowsTable } from '../../src/store/tables.ts';
import { newDatabaseUrl, openedDatabase } from '../kit/new-database.ts';

const subject = 'key:abcdefghijkl';
const capability = 'llm.chat:small';
const tokens = { priceInputMicroUsd: '1000000', priceOutputMicroUsd: '2000000' };
const hub = { agent: () => ({ id: 'a', tenant: 'hosts', offer: { capabilities: [{ name: capability, tokens }] } }) };
const chunk = (text: string): string => `{"choices":[{"delta":{"content":"${text}"}}]}`;

async function openedLedger(): Promise<{ ledger: AnswerLedger; book: BudgetBook; database: Database }> {
  const database = await openedDatabase(await newDatabaseUrl());
  const window = { subject, period: 'day' as const, limit_micro_usd: 10_000, starts_at_ms: 0 };
  const budget = {
    subject,
    tenant: 'acme',
    request_limit_micro_usd: null,
    requests_per_minute: null,
    tokens_per_minute: null,
    set_at_ms: 0,
  };
  await database.commit({ statements: [upsertBudget.bind(budget), upsertWindow.bind(window)] });
  const log = createLogger({ level: 'error' });
  const metrics = createBudgetMetrics(createMetrics({ defaultMetrics: false }));
  const book = await BudgetBook.open({ database, clock: systemClock, log, metrics });
  const parts = { database, budgets: book, clock: systemClock, log, hub };
  return {
    ledger: new AnswerLedger(parts as unknown as ConstructorParameters<typeof AnswerLedger>[0]),
    book,
    database,
  };
}

/** An answer under way, of which 40 bytes of text have come. */
async function answered({ ledger, book }: Awaited<ReturnType<typeof openedLedger>>) {
  const caller = { identity: subject, tenant: 'acme' };
  const reservation = await book.reserve(book.of(caller), 5_000n);
  const body = { model: 'small', messages: [{ role: 'user', content: 'hello' }], max_tokens: 30 };
  const answer = ledger.begin({ tenant: 'acme', caller: subject, model: 'small', capability, body, reservation });
  const taskId = uuidv7(Date.now());
  answer.started(taskId);
  answer.leased('a');
  answer.see([chunk('x'.repeat(40))]);
  return { answer, taskId };
}

async function dayIn(database: Database): Promise<BudgetWindowsTable> {
  const [row] = await database.read<BudgetWindowsTable>(selectWindowsOf([subject]));
  return row!;
}

test('[LD-02 reserve-settle-release] is not before it is on disk that it counted', async () => {
  const opened = await openedLedger();
  const { answer, taskId } = await answered(opened);
  const early = (await opened.ledger.seen([taskId])).get(taskId)!;
  expect(early.price).toBeUndefined();
  answer.ended('served', { promptTokens: 9, completionTokens: 7 });
  const seen = (await opened.ledger.seen([taskId])).get(taskId)!;
  expect(seen.price).toBeDefined();
  expect(await dayIn(opened.database)).toMatchObject({ spent_micro_usd: 23, reserved_micro_usd: 0 });
});

test('[LD-02 reserve-settle-release] is no more than the node said in its answer, nor than was asked for', async () => {
  const opened = await openedLedger();
  const told = await answered(opened);
  told.answer.ended('served', { promptTokens: 9, completionTokens: 7 });
  const known = (await opened.ledger.seen([told.taskId])).get(told.taskId)!;
  expect(known).toMatchObject({ promptBound: 9, completionBound: 7 });
  const boasting = await answered(opened);
  boasting.answer.ended('served', { promptTokens: 1_000_000, completionTokens: 1_000_000 });
  const bounded = (await opened.ledger.seen([boasting.taskId])).get(boasting.taskId)!;
  expect(bounded.completionBound).toBe(30);
  expect(bounded.promptBound).toBeLessThan(1_000);
  const spent = 23 + bounded.promptBound + 2 * bounded.completionBound;
  expect(await dayIn(opened.database)).toMatchObject({ spent_micro_usd: spent, reserved_micro_usd: 0 });
});

test('[LD-02 reserve-settle-release] is the most that it can be when it broke off, and nothing when nothing came', async () => {
  const opened = await openedLedger();
  const broken = await answered(opened);
  broken.answer.ended('node_lost');
  const seen = (await opened.ledger.seen([broken.taskId])).get(broken.taskId)!;
  const counted = seen.promptBound + 2 * seen.completionBound;
  expect(await dayIn(opened.database)).toMatchObject({ spent_micro_usd: counted, reserved_micro_usd: 0 });
  await opened.database.commit({ statements: seen.refund!(12_345_678n) }); // with its receipt
  const billed = { spent_micro_usd: 12, spent_rest_pico_usd: 345_678, reserved_micro_usd: 0 };
  expect(await dayIn(opened.database)).toMatchObject(billed);
  const spent = 12;
  const reservation = await opened.book.reserve(opened.book.of({ identity: subject, tenant: 'acme' }), 5_000n);
  const body = { model: 'small', messages: [] };
  const refused = opened.ledger.begin({
    tenant: 'acme',
    caller: subject,
    model: 'small',
    capability,
    body,
    reservation,
  });
  refused.ended('overloaded'); // before it was a task
  await opened.ledger.flush();
  expect(await dayIn(opened.database)).toMatchObject({ spent_micro_usd: spent, reserved_micro_usd: 0 });
});
