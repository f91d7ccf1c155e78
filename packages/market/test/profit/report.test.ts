/** What a report says of receipts on a real database: sums, shares, costs, exposure, and who is idle. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { showReport } from '../../src/api/report.ts';
import { concentrationOf } from '../../src/domain/profit/concentration.ts';
import { likelyTokens, requestCostMicroUsd } from '../../src/domain/request-cost.ts';
import { marketReport, type ReportParts } from '../../src/services/report.ts';
import { insertReceipt } from '../../src/store/receipts.ts';
import type { ReceiptsTable } from '../../src/store/tables.ts';
import { startIntake } from '../receipts/start-intake.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 10, 21, 12);
const day = '2026-11-21';

/** Receipts of nodes `a`, `b` …, in pico-USD; the hub knows each as an agent of that name, registered at midnight. */
async function startReport(
  receipts: readonly Partial<ReceiptsTable & { picoUsd: number }>[],
  online: readonly string[],
) {
  const { database } = await startIntake();
  const statements = receipts.map(({ picoUsd = 0, ...given }, at) =>
    insertReceipt.bind({
      seq: at + 1,
      tenant: 'clients',
      task_id: `task-${at}`,
      caller: 'key:1',
      node: 'a',
      agent_id: given.node ?? 'a',
      batch_sequence: at + 1,
      leaf_index: 0,
      sequence: at + 1,
      fence: at + 1,
      outcome: 'served',
      model: 'm',
      prompt_tokens: 10,
      completion_tokens: 5,
      billed_micro_usd: Math.floor(picoUsd / 1e6),
      billed_rest_pico_usd: picoUsd % 1e6,
      text_bytes: 20,
      disputed: null,
      fields: '{}',
      day,
      received_at_ms: nowMs - hourMs,
      ...given,
    }),
  );
  await database.commit({ statements });
  const registeredAtMs = Date.parse(day);
  const offered = () =>
    online.map((name) => ({ agentId: name, agentName: name, state: 'online', registeredAtMs }) as never);
  const hub = { agent: (id: string) => ({ offer: { name: id } }) as never, offered } as ReportParts['hub'];
  const parts = { hub, database, clock: { nowMs: () => nowMs } };
  return (asked: object) => marketReport(parts, showReport.input.parse(asked), 'clients');
}

describe('a report', () => {
  test('[MK-12 profit] sums to the micro-dollar what is agreed with, and takes the costs of each host off', async () => {
    const report = await startReport(
      [
        { picoUsd: 1_600_000 },
        { picoUsd: 1_600_000 },
        { picoUsd: 9_000_000, disputed: 'aboveCount' },
        { picoUsd: 9_000_000, tenant: 'others' },
        { picoUsd: 9_000_000, day: '2026-11-20' },
        { node: 'b', picoUsd: 7_000_000, outcome: 'partial' },
      ],
      ['a', 'b'],
    );
    const costs = ['a=perHour:2,gas:1,stake:1', '*=energyPrice:10,watts:50'];
    const { items, revenueMicroUsd } = await report({ from: day, costs });
    expect(revenueMicroUsd).toBe('10');
    expect(items.map(({ name, answers, revenueMicroUsd: revenue }) => [name, answers, revenue])).toEqual([
      ['b', 1, '7'],
      ['a', 2, '3'],
    ]);
    // Twelve hours since midnight: b draws half a micro-USD an hour, rounded up to one; the machine of a is two.
    expect(items[0]!.costs).toMatchObject({ machineMicroUsd: '0', energyMicroUsd: '12', profitMicroUsd: '-5' });
    expect(items[1]!.costs).toEqual({
      machineMicroUsd: '24',
      energyMicroUsd: '0',
      gasMicroUsd: '1',
      stakeMicroUsd: '1',
      profitMicroUsd: '-23',
    });
  });

  test('[MK-12 exposure] what one counterparty owes above the limit is said; at the limit it is not', async () => {
    const report = await startReport(
      [
        { caller: 'key:a', picoUsd: 7_000_000 },
        { caller: 'key:b', picoUsd: 5_000_000 },
      ],
      [],
    );
    const { items } = await report({ by: 'key', from: day, exposureLimitMicroUsd: '5' });
    expect(items.map(({ name, overLimitMicroUsd }) => [name, overLimitMicroUsd])).toEqual([
      ['key:a', '2'],
      ['key:b', undefined],
    ]);
  });

  test('[FD-11 advice] a host that is online and served nothing for long is named with what it costs, the longest first', async () => {
    const served = { picoUsd: 1, received_at_ms: nowMs - 2 * hourMs };
    const report = await startReport(
      [served, { ...served, node: 'busy', received_at_ms: nowMs }],
      ['a', 'busy', 'never'],
    );
    const costs = ['*=perHour:100'];
    const { idle } = await report({ costs, idleAfterMs: hourMs });
    expect(idle).toEqual([
      { node: 'never', idleMs: 12 * hourMs, costMicroUsd: '1200' },
      { node: 'a', lastServedAtMs: nowMs - 2 * hourMs, idleMs: 2 * hourMs, costMicroUsd: '200' },
    ]);
    expect((await report({ costs, idleAfterMs: 13 * hourMs })).idle).toEqual([]);
  });

  test('[MK-12 profit] comes in pages, with sums and shares over all of it; a first day after the last is refused', async () => {
    const report = await startReport(
      ['a', 'b', 'c'].map((node, at) => ({ node, picoUsd: (at + 1) * 1e6 })),
      [],
    );
    const first = await report({ from: day, limit: 2 });
    expect([first.items.map(({ name }) => name), first.nextCursor, first.revenueMicroUsd]).toEqual([
      ['c', 'b'],
      '2',
      '6',
    ]);
    const last = await report({ from: day, limit: 2, cursor: first.nextCursor });
    expect([last.items.map(({ name }) => name), last.nextCursor, last.concentration]).toEqual([
      ['a'],
      undefined,
      first.concentration,
    ]);
    await expect(report({ from: day, to: '2026-11-20' })).rejects.toMatchObject({ code: 'malformed_request' });
    await expect(report({ cursor: 'x' })).rejects.toMatchObject({ code: 'malformed_request' });
  });
});

test('[MK-12 concentration] shares of the top tenth and the Herfindahl index, by hand', () => {
  expect(concentrationOf([])).toEqual({ holders: 0, topTenthShare: 0, herfindahl: 0 });
  expect(concentrationOf([50n, 0n, 50n])).toEqual({ holders: 2, topTenthShare: 0.5, herfindahl: 5_000 });
  expect(concentrationOf([30n, 30n, 20n, 20n])).toMatchObject({ herfindahl: 2_600 });
  expect(concentrationOf([...Array.from({ length: 19 }, () => 1n), 40n, 41n])).toMatchObject({ topTenthShare: 0.82 });
});

test('[MK-12 concentration] the index is between even shares and one holder, whatever the amounts', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(1n, 10n ** 15n), { minLength: 1, maxLength: 50 }), (amounts) => {
      const { holders, herfindahl, topTenthShare } = concentrationOf(amounts);
      expect(herfindahl).toBeGreaterThanOrEqual(Math.floor(10_000 / holders));
      expect(herfindahl).toBeLessThanOrEqual(10_000);
      expect(topTenthShare).toBeGreaterThan(0);
    }),
  );
});

test('[FD-11 estimate] likely tokens are never more than the bounds, and the bounds where nothing was measured', () => {
  const bounds = { promptTokens: 1_000, completionTokens: 50 };
  expect(likelyTokens(bounds, [])).toEqual(bounds);
  const answers = [
    { promptTokens: 10, promptBound: 100, completionTokens: 20 },
    { promptTokens: 30, promptBound: 100, completionTokens: 41 },
  ];
  expect(likelyTokens(bounds, answers)).toEqual({ promptTokens: 200, completionTokens: 31 });
  const longer = [{ promptTokens: 200, promptBound: 100, completionTokens: 900 }];
  expect(likelyTokens(bounds, longer)).toEqual(bounds);
  expect(requestCostMicroUsd(bounds, { inputMicroUsd: 1_999n, outputMicroUsd: 0n })).toBe(1n);
});
