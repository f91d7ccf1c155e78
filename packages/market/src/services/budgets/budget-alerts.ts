import { ExpectationFailed, type Database, type Logger } from '@reeve/platform';
import { reachedPercent } from '../../domain/budgets/amounts.ts';
import { nextWindowMs } from '../../domain/budgets/window.ts';
import { markAlerted } from '../../store/budgets.ts';
import type { BudgetWindow } from './budget.ts';
import type { Standing } from './refusal.ts';

export interface BudgetAlertsParts {
  readonly database: Database;
  readonly log: Logger;
}

/** Tells once for each window when 50, 80 and 100 % are used; the mark and the event are durable together. */
export class BudgetAlerts {
  readonly #parts: BudgetAlertsParts;

  constructor(parts: BudgetAlertsParts) {
    this.#parts = parts;
  }

  async spent(window: BudgetWindow, startsAtMs: number, spentMicroUsd: bigint, limitMicroUsd: bigint): Promise<void> {
    const percent = reachedPercent(spentMicroUsd, limitMicroUsd);
    await this.#tell(window, startsAtMs, percent, { spentMicroUsd, limitMicroUsd });
  }

  /** A request did not fit though nothing is under way: what is left is too little, which is as good as nothing. */
  async usedUp(window: BudgetWindow, startsAtMs: number, standing: Standing): Promise<void> {
    await this.#tell(window, startsAtMs, 100, standing);
  }

  async #tell(
    window: BudgetWindow,
    startsAtMs: number,
    percent: number,
    { spentMicroUsd, limitMicroUsd }: Pick<Standing, 'spentMicroUsd' | 'limitMicroUsd'>,
  ): Promise<void> {
    if (window.startsAtMs !== startsAtMs || percent <= window.alertedPercent) return;
    window.alertedPercent = percent;
    const { subject, period, tenant } = window;
    const data = {
      period,
      percent,
      spentMicroUsd: `${spentMicroUsd}`,
      limitMicroUsd: `${limitMicroUsd}`,
      startsAnewAtMs: nextWindowMs(period, startsAtMs),
    };
    const mark = markAlerted.bindExpecting(1, { subject, period, starts_at_ms: startsAtMs, alerted_percent: percent });
    const event = { type: 'budget.alert', tenant, subject: `budget:${subject}`, data };
    try {
      await this.#parts.database.commit({ statements: [mark], events: [event] });
      this.#parts.log.warn({ subject, ...data }, 'a budget is being used up');
    } catch (err) {
      if (ExpectationFailed.is(err)) return; // it was told before, or the budget has changed
      window.alertedPercent = 0; // so that the next request tells it
      this.#parts.log.error({ subject, period, percent, err }, 'the alert of a budget is not recorded');
    }
  }
}
