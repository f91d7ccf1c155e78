/** Budgets on a real database: nothing is admitted beyond a limit, nothing is lost, nothing is given twice. */
import { ReeveError } from '@reeve/kernel';
import { createLogger, createMetrics, type Database, type EventRecord } from '@reeve/platform';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudgetMetrics } from '../../src/budget-metrics.ts';
import type { BudgetPeriod } from '../../src/domain/budgets/window.ts';
import { BudgetBook, type Reservation } from '../../src/services/budgets/budget-book.ts';
import { budgetOf, type Budget } from '../../src/services/budgets/budget.ts';
import { selectWindowsOf, upsertBudget, upsertWindow } from '../../src/store/budgets.ts';
import type { BudgetWindowsTable } from '../../src/store/tables.ts';
import { newDatabaseUrl, openedDatabase } from '../kit/new-database.ts';

const subject = 'key:abcdefghijkl';
const noon = Date.UTC(2026, 10, 21, 12);
const dayMs = 86_400_000;
const log = createLogger({ level: 'error' });

interface Opened {
  readonly book: BudgetBook;
  readonly database: Database;
  readonly clock: { ms: number };
  readonly metrics: ReturnType<typeof createMetrics>;
}

async function openBook(database: Database, clock = { ms: noon }): Promise<Opened> {
  const metrics = createMetrics({ defaultMetrics: false });
  const parts = {
    database,
    clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms },
    log,
    metrics: createBudgetMetrics(metrics),
  };
  return { book: await BudgetBook.open(parts), database, clock, metrics };
}

/** A book in which one key has limits. */
async function bookWith(limits: Partial<Record<BudgetPeriod, number>>, clock = { ms: noon }): Promise<Opened> {
  const database = await openedDatabase(await newDatabaseUrl());
  const row = {
    subject,
    tenant: 'acme',
    request_limit_micro_usd: null,
    requests_per_minute: null,
    tokens_per_minute: null,
    set_at_ms: clock.ms,
  };
  const windows = Object.entries(limits).map(([period, limit_micro_usd]) => {
    return { subject, period: period as BudgetPeriod, limit_micro_usd, starts_at_ms: 0 };
  });
  await database.commit({
    statements: [upsertBudget.bind(row), ...windows.map((window) => upsertWindow.bind(window))],
  });
  return openBook(database, clock);
}

function budgetsIn(book: BudgetBook): readonly Budget[] {
  return book.of({ identity: subject, tenant: 'acme' });
}

async function windowsIn(database: Database): Promise<BudgetWindowsTable[]> {
  return database.read<BudgetWindowsTable>(selectWindowsOf([subject]));
}

async function settle({ book, database }: Opened, reservation: Reservation, costPicoUsd: bigint): Promise<void> {
  const results = await database.commit({ statements: book.settlement(reservation, costPicoUsd) });
  await book.settled(reservation, results);
}

/** What a refusal says, or undefined when it was admitted. */
async function refusalOf(reserving: Promise<unknown>): Promise<Record<string, unknown> | undefined> {
  return reserving.then(
    () => undefined,
    (error: unknown) => {
      expect(error).toBeInstanceOf(ReeveError);
      expect(error).toMatchObject({ code: 'budget_exceeded', status: 402 });
      return (error as ReeveError).details!['budget'] as Record<string, unknown>;
    },
  );
}

describe('a budget', () => {
  test('[LD-02 concurrent] [FD-11 budgets] admits of 1,000 requests at once exactly those that fit', async () => {
    const { book, database } = await bookWith({ day: 700, month: 100_000 });
    const asked = Array.from({ length: 1_000 }, () => book.reserve(budgetsIn(book), 7n));
    const refusals = await Promise.all(asked.map(refusalOf));
    expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(100);
    const refused = refusals.find((refusal) => refusal !== undefined);
    expect(refused).toEqual({
      window: 'day',
      subject,
      limitMicroUsd: '700',
      spentMicroUsd: '0',
      reservedMicroUsd: '700',
      neededMicroUsd: '7',
      startsAnewAtMs: Date.UTC(2026, 10, 22),
    });
    const rows = await windowsIn(database);
    expect(rows.map((row) => row.reserved_micro_usd)).toEqual([700, 700]); // the refused ones left nothing in the month
  });

  test('[LD-02 reserve-settle-release] counts what it cost, to the pico-dollar, and gives the rest back', async () => {
    const opened = await bookWith({ day: 100 });
    const { book, database } = opened;
    for (let round = 0; round < 3; round++) {
      const reservation = await book.reserve(budgetsIn(book), 90n);
      await settle(opened, reservation!, 2_500_000n);
    }
    const [row] = await windowsIn(database);
    expect(row).toMatchObject({ spent_micro_usd: 7, spent_rest_pico_usd: 500_000, reserved_micro_usd: 0 });
    // 7.5 are spent: 92 fit into 100, 93 do not.
    expect(await refusalOf(book.reserve(budgetsIn(book), 93n))).toMatchObject({ spentMicroUsd: '8' });
    const last = await book.reserve(budgetsIn(book), 92n);
    await settle(opened, last!, 0n);
    expect((await windowsIn(database))[0]).toMatchObject({ spent_micro_usd: 7, reserved_micro_usd: 0 });
  });

  test('[LD-02 reserve-settle-release] begins anew with its day and month, and never again when the clock goes back', async () => {
    const opened = await bookWith({ day: 10, month: 25 });
    const { book, clock } = opened;
    const spend = async (): Promise<string | undefined> => {
      const reserving = book.reserve(budgetsIn(book), 10n);
      const refusal = await refusalOf(reserving);
      if (refusal === undefined) await settle(opened, (await reserving)!, 10_000_000n);
      return refusal?.['window'] as string | undefined;
    };
    expect([await spend(), await spend()]).toEqual([undefined, 'day']);
    clock.ms += dayMs;
    expect([await spend(), await spend()]).toEqual([undefined, 'day']);
    clock.ms -= dayMs;
    expect(await spend()).toBe('day'); // of the day that was open already
    clock.ms -= 30 * dayMs;
    expect(await spend()).toBe('day');
    clock.ms = noon + 2 * dayMs;
    expect(await spend()).toBe('month');
    clock.ms = Date.UTC(2026, 11, 1);
    expect(await spend()).toBeUndefined();
  });

  test('[LD-02 reserve-settle-release] takes nothing from a window that is over when the request ends', async () => {
    const opened = await bookWith({ day: 10 });
    const { book, clock, database } = opened;
    const late = await book.reserve(budgetsIn(book), 10n);
    clock.ms += dayMs;
    const next = await book.reserve(budgetsIn(book), 10n);
    await settle(opened, late!, 4_000_000n);
    expect((await windowsIn(database))[0]).toMatchObject({ spent_micro_usd: 0, reserved_micro_usd: 10 });
    await settle(opened, next!, 3_000_000n);
    expect((await windowsIn(database))[0]).toMatchObject({ spent_micro_usd: 3, reserved_micro_usd: 0 });
  });

  test('[LD-02 reserve-settle-release] gives back at start what was reserved, and keeps what was spent', async () => {
    const first = await bookWith({ day: 100, month: 100 });
    await settle(first, (await first.book.reserve(budgetsIn(first.book), 30n))!, 30_000_000n);
    await first.book.reserve(budgetsIn(first.book), 50n);
    const again = await openBook(first.database, first.clock);
    const [row] = await windowsIn(again.database);
    expect(row).toMatchObject({ spent_micro_usd: 30, reserved_micro_usd: 0 });
    expect(await refusalOf(again.book.reserve(budgetsIn(again.book), 71n))).toBeDefined();
    expect(await again.book.reserve(budgetsIn(again.book), 70n)).toBeDefined();
  });

  test('[LD-02 concurrent] whatever happens in whatever order, the limit holds and every pico-dollar is accounted for', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('reserve'), amount: fc.integer({ min: 0, max: 60 }) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle'), amount: fc.integer({ min: 0, max: 100 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), amount: fc.constant(0) }) },
    );
    const base = await bookWith({ day: 100 });
    let day = 1;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        base.clock.ms = noon + day++ * dayMs;
        let { book } = await openBook(base.database, base.clock);
        const open: Reservation[] = [];
        let [spentPico, reserved] = [0n, 0n];
        for (const { kind, amount } of steps) {
          if (kind === 'reserve') {
            const refusal = await refusalOf(
              book.reserve(budgetsIn(book), BigInt(amount)).then((reservation) => open.push(reservation!)),
            );
            const fits = spentPico + (reserved + BigInt(amount)) * 1_000_000n <= 100_000_000n;
            expect(refusal === undefined).toBe(fits);
            if (fits) reserved += BigInt(amount);
          } else if (kind === 'settle' && open.length > 0) {
            const reservation = open.shift()!;
            const costPico = (BigInt(reservation.microUsd) * BigInt(amount) * 1_000_000n) / 101n;
            await settle({ ...base, book }, reservation, costPico);
            reserved -= BigInt(reservation.microUsd);
            spentPico += costPico;
          } else if (kind === 'restart') {
            ({ book } = await openBook(base.database, base.clock));
            open.length = 0;
            reserved = 0n;
          }
          const [row] = await windowsIn(base.database);
          if (row!.starts_at_ms < base.clock.ms - dayMs) continue; // nothing was asked yet on this day
          expect(BigInt(row!.spent_micro_usd) * 1_000_000n + BigInt(row!.spent_rest_pico_usd)).toBe(spentPico);
          expect(BigInt(row!.reserved_micro_usd)).toBe(reserved);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('[LD-02 concurrent] the record decides, whatever a book has in memory: two over one admit what fits, once', async () => {
    const one = await bookWith({ day: 100 });
    const other = await openBook(one.database, { ms: noon });
    const asked = Array.from({ length: 40 }, (_, at) => {
      const { book } = at % 2 === 0 ? one : other;
      return book.reserve(budgetsIn(book), 10n);
    });
    const refusals = await Promise.all(asked.map(refusalOf));
    expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(10);
    const behind = await openBook(one.database, { ms: noon + dayMs });
    one.clock.ms += 2 * dayMs;
    await one.book.reserve(budgetsIn(one.book), 100n);
    expect(await refusalOf(behind.book.reserve(budgetsIn(behind.book), 1n))).toMatchObject({ window: 'day' });
  });

  test('requests of others cost it nothing: no read, no commit', async () => {
    const { book, database } = await bookWith({ day: 100 });
    const before = database.status();
    expect(book.of({ identity: 'key:zzzzzzzzzzzz', tenant: 'other' })).toEqual([]);
    expect(
      await book.reserve(
        [
          budgetOf(
            {
              subject: 's',
              tenant: 't',
              request_limit_micro_usd: 5,
              requests_per_minute: null,
              tokens_per_minute: null,
              set_at_ms: 0,
            },
            [],
          ),
        ],
        1n,
      ),
    ).toBeUndefined();
    expect(database.status()).toMatchObject({ units: before.units, reads: before.reads });
  });
});

describe('alerts', () => {
  test('[FD-11 budgets] tell once for each window when 50, 80 and 100 % are used', async () => {
    const opened = await bookWith({ day: 100 });
    const { book, clock, database, metrics } = opened;
    const told: EventRecord[] = [];
    database.onEvents((events) => void told.push(...events));
    const spend = async (microUsd: bigint): Promise<void> =>
      settle(opened, (await book.reserve(budgetsIn(book), microUsd))!, microUsd * 1_000_000n);
    const percents = (): unknown[] => told.map(({ data }) => (data as { percent: number }).percent);
    await spend(49n);
    expect(percents()).toEqual([]);
    await spend(1n);
    await spend(1n);
    expect(percents()).toEqual([50]);
    expect(told[0]).toMatchObject({ type: 'budget.alert', tenant: 'acme', subject: `budget:${subject}` });
    const unaware = await openBook(database, clock);
    budgetsIn(unaware.book)[0]!.windows[0]!.alertedPercent = 0;
    await settle(unaware, (await unaware.book.reserve(budgetsIn(unaware.book), 0n))!, 0n);
    expect(percents()).toEqual([50]); // the record knows who was told
    await spend(40n);
    expect(percents()).toEqual([50, 80]);
    expect(await metrics.render()).toMatch(/reeve_budgets_reached_windows\{percent="80"\} 1/);
    await refusalOf(book.reserve(budgetsIn(book), 10n)); // 9 are left, and nothing else is under way
    await refusalOf(book.reserve(budgetsIn(book), 10n));
    expect(percents()).toEqual([50, 80, 100]);
    expect(await metrics.render()).toMatch(/reeve_budgets_reached_windows\{percent="100"\} 1/);
    clock.ms += dayMs;
    expect(await metrics.render()).toMatch(/reeve_budgets_reached_windows\{percent="50"\} 0/);
    await spend(60n);
    expect(percents()).toEqual([50, 80, 100, 50]);
  });
});
