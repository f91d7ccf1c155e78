import type { Migration } from '@reeve/platform';

/**
 * A row of `budget_windows` is the window that counts now, and its limit: it is moved on, never back. `reserved` is what
 * requests under way may still come to; it means something only to the process that holds them. What was spent is in two
 * columns, whole micro-USD and the rest, so that sums stay exact.
 */
export const budgets: Migration = {
  package: 'market',
  number: 2,
  name: 'budgets',
  up: [
    `CREATE TABLE budgets (
      subject TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      request_limit_micro_usd BIGINT,
      requests_per_minute BIGINT,
      tokens_per_minute BIGINT,
      set_at_ms BIGINT NOT NULL
    )`,
    `CREATE TABLE budget_windows (
      subject TEXT NOT NULL,
      period TEXT NOT NULL,
      limit_micro_usd BIGINT NOT NULL,
      starts_at_ms BIGINT NOT NULL,
      spent_micro_usd BIGINT NOT NULL,
      spent_rest_pico_usd BIGINT NOT NULL,
      reserved_micro_usd BIGINT NOT NULL,
      alerted_percent BIGINT NOT NULL,
      PRIMARY KEY (subject, period)
    )`,
  ],
};
