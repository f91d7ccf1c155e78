import { Overloaded, type Clock, type ReeveError } from '@reeve/kernel';
import {
  ExpectationFailed,
  type Database,
  type Logger,
  type StatementResult,
  type UnitStatement,
} from '@reeve/platform';
import { holdingMicroUsd, picoPerMicro } from '../../domain/budgets/amounts.ts';
import type { BudgetMetrics } from '../../budget-metrics.ts';
import {
  openWindow,
  releaseAll,
  reserveAmount,
  selectBudgetPage,
  selectWindowsOf,
  settleAmount,
} from '../../store/budgets.ts';
import type { BudgetsTable, BudgetWindowsTable } from '../../store/tables.ts';
import { BudgetAlerts } from './budget-alerts.ts';
import { budgetOf, currentStartMs, type Budget, type BudgetWindow } from './budget.ts';
import { MinuteRates } from './minute-rates.ts';
import { fits, requestExceeded, standingAt, windowExceeded } from './refusal.ts';

const pageSize = 500;

/** Others settle between a refusal and the look at why, so that a request may fit after all; so often it is tried. */
const tries = 5;

export interface BudgetBookParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Logger;
  readonly metrics: BudgetMetrics;
}

/** A part of a window that is kept free for one request. */
interface Held {
  readonly window: BudgetWindow;
  /** The window may have moved on when the request ends. */
  readonly startsAtMs: number;
}

/** What is kept free for a request until it is known what it cost. */
export interface Reservation {
  readonly held: readonly Held[];
  readonly microUsd: number;
}

/**
 * What keys and tenants may spend. Limits are in memory, so that requests without any are not held up; what was spent and
 * what is reserved is in the database, which decides whether a request fits by one conditional update. Before a request
 * is handed out the most that it can cost is reserved; when it ends, what it did cost comes in the place of that, in the
 * commit that records the answer. A crash takes both away, and then nothing of it is billed: so all that is reserved is
 * given back at the start.
 */
export class BudgetBook {
  readonly #parts: BudgetBookParts;
  readonly #alerts: BudgetAlerts;
  readonly #budgets = new Map<string, Budget>();
  /** How fast each may ask. */
  readonly rates: MinuteRates;
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(parts: BudgetBookParts) {
    this.#parts = parts;
    this.#alerts = new BudgetAlerts(parts);
    this.rates = new MinuteRates(parts.clock);
    parts.metrics.watch(() => this.#reached());
  }

  static async open(parts: BudgetBookParts): Promise<BudgetBook> {
    const book = new BudgetBook(parts);
    for (let after = '', full = true; full;) {
      const rows = await parts.database.read<BudgetsTable>(selectBudgetPage(after, pageSize));
      for (const budget of await budgetsOf(parts.database, rows)) book.put(budget);
      full = rows.length === pageSize;
      after = rows.at(-1)?.subject ?? '';
    }
    if (book.#budgets.size > 0) await parts.database.commit({ statements: [releaseAll.bind({})] });
    return book;
  }

  /** Takes a budget as it is stored now. */
  put(budget: Budget): void {
    this.#budgets.set(budget.subject, budget);
  }

  forget(subject: string): void {
    this.#budgets.delete(subject);
    this.rates.forget(subject);
  }

  get(subject: string): Budget | undefined {
    return this.#budgets.get(subject);
  }

  /** Changes go one behind the other: each is worked out from how the one before left things. */
  change<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#changes.then(work);
    this.#changes = turn.then(ignore, ignore);
    return turn;
  }

  /** What holds for a caller: for its key, and for its tenant. Nothing for most. */
  of({ identity, tenant }: { readonly identity: string; readonly tenant: string }): readonly Budget[] {
    if (this.#budgets.size === 0) return none;
    const [own, all] = [this.#budgets.get(identity), this.#budgets.get(`tenant:${tenant}`)];
    return own === undefined && all === undefined ? none : [own, all].filter((budget) => budget !== undefined);
  }

  /**
   * Keeps an amount free in every window of some budgets, or in none.
   * @returns when it is durable; undefined when no window limits it.
   * @throws BudgetExceeded, Overloaded when the budget changes faster than it can be looked at, StorageUnavailable
   */
  async reserve(budgets: readonly Budget[], neededMicroUsd: bigint): Promise<Reservation | undefined> {
    const subjects = budgets.map(({ subject }) => subject);
    for (let tried = 0; tried < tries; tried++) {
      const held = this.#windowsOf(subjects);
      if (held.length === 0) return undefined;
      if (await this.#hold(held, neededMicroUsd)) return { held, microUsd: Number(neededMicroUsd) };
      await this.#lookWhy(held, neededMicroUsd);
    }
    throw Overloaded.error('the budget changes too fast at this moment', { retryAfterMs: 1_000 });
  }

  /** That no node can be asked for so little. */
  requestRefused(subject: string, limitMicroUsd: bigint, neededMicroUsd: bigint): ReeveError {
    this.#parts.metrics.refused('request');
    return requestExceeded(subject, limitMicroUsd, neededMicroUsd);
  }

  /** What puts the cost in the place of a reservation, for the commit that records the answer. */
  settlement(reservation: Reservation, costPicoUsd: bigint): UnitStatement[] {
    return this.#settling(reservation, Number(costPicoUsd / picoPerMicro), Number(costPicoUsd % picoPerMicro));
  }

  /** What takes back a part of a cost that was settled, for the commit of the receipt that shows it. */
  refund({ held }: Reservation, picoUsd: bigint): UnitStatement[] {
    const microUsd = holdingMicroUsd(picoUsd);
    return this.#settling({ held, microUsd: 0 }, -Number(microUsd), Number(microUsd * picoPerMicro - picoUsd));
  }

  #settling({ held, microUsd }: Reservation, cost_micro_usd: number, cost_rest_pico_usd: number): UnitStatement[] {
    return held.map(({ window: { subject, period }, startsAtMs }) =>
      settleAmount.bind({
        subject,
        period,
        starts_at_ms: startsAtMs,
        reserved_micro_usd: microUsd,
        cost_micro_usd,
        cost_rest_pico_usd,
      }),
    );
  }

  /** That a settlement is durable, with what its statements gave: tells who has used how much. */
  async settled({ held }: Reservation, results: readonly StatementResult[]): Promise<void> {
    for (const [index, { window: reserved, startsAtMs }] of held.entries()) {
      const row = results[index]?.rows[0];
      const window = this.#budgets.get(reserved.subject)?.windows.find(({ period }) => period === reserved.period);
      if (row === undefined || window === undefined) continue; // the window is over, or its budget was removed
      const amounts = row as unknown as Pick<BudgetWindowsTable, 'spent_micro_usd' | 'limit_micro_usd'>;
      await this.#alerts.spent(window, startsAtMs, BigInt(amounts.spent_micro_usd), BigInt(amounts.limit_micro_usd));
    }
  }

  #windowsOf(subjects: readonly string[]): Held[] {
    const nowMs = this.#parts.clock.nowMs();
    const windows = subjects.flatMap((subject) => this.#budgets.get(subject)?.windows ?? []);
    return windows.map((window) => ({ window, startsAtMs: currentStartMs(window, nowMs) }));
  }

  /** @returns false when it does not fit, or the windows are not what they were last seen as. */
  async #hold(held: readonly Held[], neededMicroUsd: bigint): Promise<boolean> {
    if (neededMicroUsd > BigInt(Number.MAX_SAFE_INTEGER)) return false;
    const needed_micro_usd = Number(neededMicroUsd);
    const keys = held.map(({ window: { subject, period }, startsAtMs }) => {
      return { subject, period, starts_at_ms: startsAtMs };
    });
    const opened = keys.filter((_, index) => held[index]!.startsAtMs > held[index]!.window.startsAtMs);
    const statements = [
      ...opened.map((key) => openWindow.bind(key)),
      ...keys.map((key) => reserveAmount.bindExpecting(1, { ...key, needed_micro_usd })),
    ];
    try {
      await this.#parts.database.commit({ statements });
    } catch (error) {
      if (ExpectationFailed.is(error)) return false;
      throw error;
    }
    for (const { window, startsAtMs } of held) movedOn(window, startsAtMs);
    return true;
  }

  /** @throws BudgetExceeded; returns when it may fit now, after what is in memory was corrected. */
  async #lookWhy(held: readonly Held[], neededMicroUsd: bigint): Promise<void> {
    const subjects = [...new Set(held.map(({ window }) => window.subject))];
    const rows = await this.#parts.database.read<BudgetWindowsTable>(selectWindowsOf(subjects));
    for (const { window, startsAtMs } of held) {
      const row = rows.find(({ subject, period }) => subject === window.subject && period === window.period);
      if (row === undefined) continue; // it was removed meanwhile
      movedOn(window, row.starts_at_ms);
      const standing = standingAt(row, startsAtMs);
      if (fits(standing, neededMicroUsd)) continue;
      this.#parts.metrics.refused(window.period);
      const counted = { ...row, starts_at_ms: Math.max(startsAtMs, row.starts_at_ms) };
      if (!fits({ ...standing, reservedMicroUsd: 0n }, neededMicroUsd)) {
        await this.#alerts.usedUp(window, counted.starts_at_ms, standing);
      }
      throw windowExceeded(counted, standing, neededMicroUsd);
    }
  }

  #reached(): Record<string, number> {
    const counts: Record<string, number> = { 50: 0, 80: 0, 100: 0 };
    const nowMs = this.#parts.clock.nowMs();
    for (const { windows } of this.#budgets.values()) {
      for (const window of windows) {
        if (window.startsAtMs < currentStartMs(window, nowMs)) continue;
        for (const percent of Object.keys(counts)) if (window.alertedPercent >= Number(percent)) counts[percent]! += 1;
      }
    }
    return counts;
  }
}

const none: readonly Budget[] = [];

/** Budgets with their windows, in the order of the rows. */
export async function budgetsOf(database: Database, rows: readonly BudgetsTable[]): Promise<Budget[]> {
  if (rows.length === 0) return [];
  const windows = await database.read<BudgetWindowsTable>(selectWindowsOf(rows.map(({ subject }) => subject)));
  return rows.map((row) =>
    budgetOf(
      row,
      windows.filter(({ subject }) => subject === row.subject),
    ),
  );
}

function movedOn(window: BudgetWindow, startsAtMs: number): void {
  if (startsAtMs <= window.startsAtMs) return;
  window.startsAtMs = startsAtMs;
  window.alertedPercent = 0;
}

function ignore(): void {
  // whoever changed something is told; the next change only waits for it
}
