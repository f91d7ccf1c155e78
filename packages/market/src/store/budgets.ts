import { sql } from 'kysely';
import type { BudgetPeriod } from '../domain/budgets/window.ts';
import { compile, statement, type BudgetsTable } from './tables.ts';

interface OneWindow {
  readonly subject: string;
  readonly period: BudgetPeriod;
  readonly starts_at_ms: number;
}

export const upsertBudget = statement<BudgetsTable>((db, p) =>
  db
    .insertInto('budgets')
    .values({
      subject: p.subject,
      tenant: p.tenant,
      request_limit_micro_usd: p.request_limit_micro_usd,
      requests_per_minute: p.requests_per_minute,
      tokens_per_minute: p.tokens_per_minute,
      set_at_ms: p.set_at_ms,
    })
    .onConflict((conflict) =>
      conflict.column('subject').doUpdateSet((set) => ({
        request_limit_micro_usd: set.ref('excluded.request_limit_micro_usd'),
        requests_per_minute: set.ref('excluded.requests_per_minute'),
        tokens_per_minute: set.ref('excluded.tokens_per_minute'),
        set_at_ms: set.ref('excluded.set_at_ms'),
      })),
    ),
);

/** A new limit: what was spent in the window that is open stays spent, and who is to be told is told anew. */
export const upsertWindow = statement<OneWindow & { limit_micro_usd: number }>((db, p) =>
  db
    .insertInto('budget_windows')
    .values({
      subject: p.subject,
      period: p.period,
      limit_micro_usd: p.limit_micro_usd,
      starts_at_ms: p.starts_at_ms,
      spent_micro_usd: 0,
      spent_rest_pico_usd: 0,
      reserved_micro_usd: 0,
      alerted_percent: 0,
    })
    .onConflict((conflict) =>
      conflict.columns(['subject', 'period']).doUpdateSet((set) => ({
        limit_micro_usd: set.ref('excluded.limit_micro_usd'),
        alerted_percent: 0,
      })),
    ),
);

export const deleteBudget = statement<{ subject: string }>((db, p) =>
  db.deleteFrom('budgets').where('subject', '=', p.subject),
);

export const deleteWindows = statement<{ subject: string }>((db, p) =>
  db.deleteFrom('budget_windows').where('subject', '=', p.subject),
);

export const deleteWindow = statement<{ subject: string; period: BudgetPeriod }>((db, p) =>
  db.deleteFrom('budget_windows').where('subject', '=', p.subject).where('period', '=', p.period),
);

/** One page, in the order of subjects. */
export function selectBudgetPage(after: string, limit: number, tenant?: string) {
  return compile((db) => {
    const query = db.selectFrom('budgets').selectAll().where('subject', '>', after).orderBy('subject').limit(limit);
    return tenant === undefined ? query : query.where('tenant', '=', tenant);
  });
}

export function selectWindowsOf(subjects: readonly string[]) {
  return compile((db) => db.selectFrom('budget_windows').selectAll().where('subject', 'in', subjects));
}

/** At start nothing is under way: what a process that is gone had reserved for its requests is free again. */
export const releaseAll = statement((db) =>
  db.updateTable('budget_windows').set({ reserved_micro_usd: 0 }).where('reserved_micro_usd', '!=', 0),
);

/** Moves a window on; it never goes back, whatever the clock does. */
export const openWindow = statement<OneWindow>((db, p) =>
  db
    .updateTable('budget_windows')
    .set({
      starts_at_ms: p.starts_at_ms,
      spent_micro_usd: 0,
      spent_rest_pico_usd: 0,
      reserved_micro_usd: 0,
      alerted_percent: 0,
    })
    .where('subject', '=', p.subject)
    .where('period', '=', p.period)
    .where('starts_at_ms', '<', p.starts_at_ms),
);

/** The decision whether a request fits: it changes one row, or none. */
export const reserveAmount = statement<OneWindow & { needed_micro_usd: number }>((db, p) =>
  db
    .updateTable('budget_windows')
    .set({ reserved_micro_usd: sql<number>`reserved_micro_usd + ${p.needed_micro_usd}` })
    .where('subject', '=', p.subject)
    .where('period', '=', p.period)
    .where('starts_at_ms', '=', p.starts_at_ms)
    .where(
      sql<boolean>`(spent_micro_usd + (spent_rest_pico_usd + 999999) / 1000000 + reserved_micro_usd + ${p.needed_micro_usd} <= limit_micro_usd)`,
    ),
);

/** In the place of what was reserved comes what it cost; nothing where that window is over. */
export const settleAmount = statement<
  OneWindow & { reserved_micro_usd: number; cost_micro_usd: number; cost_rest_pico_usd: number }
>((db, p) =>
  db
    .updateTable('budget_windows')
    .set({
      reserved_micro_usd: sql<number>`reserved_micro_usd - ${p.reserved_micro_usd}`,
      spent_micro_usd: sql<number>`spent_micro_usd + ${p.cost_micro_usd} + (spent_rest_pico_usd + ${p.cost_rest_pico_usd}) / 1000000`,
      spent_rest_pico_usd: sql<number>`(spent_rest_pico_usd + ${p.cost_rest_pico_usd}) % 1000000`,
    })
    .where('subject', '=', p.subject)
    .where('period', '=', p.period)
    .where('starts_at_ms', '=', p.starts_at_ms)
    .returning(['spent_micro_usd', 'limit_micro_usd', 'alerted_percent']),
);

/** Whoever changes the row tells about it, so that it is told once. */
export const markAlerted = statement<OneWindow & { alerted_percent: number }>((db, p) =>
  db
    .updateTable('budget_windows')
    .set({ alerted_percent: p.alerted_percent })
    .where('subject', '=', p.subject)
    .where('period', '=', p.period)
    .where('starts_at_ms', '=', p.starts_at_ms)
    .where('alerted_percent', '<', p.alerted_percent),
);
