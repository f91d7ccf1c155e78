import type { Mutant } from './mutant.ts';

const market = 'packages/market/src';
const test = 'packages/market/test/budgets/budget-book.test.ts';
const e2e = 'tests/e2e/openai/budgets.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'budget-without-what-is-reserved',
    guarantee: 'LD-02 concurrent',
    file: `${market}/store/budgets.ts`,
    find: ' / 1000000 + reserved_micro_usd + ${p.needed_micro_usd} <=',
    replace: ' / 1000000 + ${p.needed_micro_usd} <=',
    test,
    testName: 'exactly those that fit',
  },
  {
    name: 'rest-of-a-micro-dollar-not-counted',
    guarantee: 'LD-02 reserve-settle-release',
    file: `${market}/store/budgets.ts`,
    find: '(spent_rest_pico_usd + 999999) / 1000000',
    replace: 'spent_rest_pico_usd / 1000000',
    test,
    testName: 'to the pico-dollar',
  },
  {
    name: 'window-given-twice',
    guarantee: 'LD-02 reserve-settle-release',
    file: `${market}/store/budgets.ts`,
    find: ".where('starts_at_ms', '<', p.starts_at_ms),",
    replace: ".where('starts_at_ms', '!=', p.starts_at_ms),",
    test,
    testName: 'two over one',
  },
  {
    name: 'reserved-for-ever-by-the-dead',
    guarantee: 'LD-02 reserve-settle-release',
    file: `${market}/store/budgets.ts`,
    find: "db.updateTable('budget_windows').set({ reserved_micro_usd: 0 }).where('reserved_micro_usd', '!=', 0),",
    replace: "db.updateTable('budget_windows').set({ reserved_micro_usd: 0 }).where('reserved_micro_usd', '<', 0),",
    test,
    testName: 'gives back at start',
  },
  {
    name: 'alert-told-at-every-request',
    guarantee: 'FD-11 budgets',
    file: `${market}/store/budgets.ts`,
    find: ".where('alerted_percent', '<', p.alerted_percent),",
    replace: ".where('alerted_percent', '<=', p.alerted_percent),",
    test,
    testName: 'tell once',
  },
  {
    name: 'node-dearer-than-what-was-reserved',
    guarantee: 'LD-02 reserve-settle-release',
    file: `${market}/gateway/budgeted.ts`,
    find: 'constraints: { ...constraints, ...ceilings }',
    replace: 'constraints: { ...constraints, ...(body.model === "" && ceilings) }',
    test: e2e,
    testName: 'a node that comes later',
  },
  {
    name: 'tokens-of-a-minute-never-corrected',
    guarantee: 'MK-16 limits',
    file: `${market}/services/budgets/minute-rates.ts`,
    find: 'bucket.tokens += amount - actual;',
    replace: 'bucket.tokens += 0 * (amount - actual);',
    test: 'packages/market/test/budgets/minute-rates.test.ts',
    testName: 'corrected by what was used',
  },
  {
    name: 'refused-request-takes-of-the-key',
    guarantee: 'MK-16 limits',
    file: `${market}/services/budgets/minute-rates.ts`,
    find: 'other.tokens += back;',
    replace: 'other.tokens += 0 * back;',
    test: 'packages/market/test/budgets/minute-rates.test.ts',
    testName: 'of a key and of its tenant',
  },
  {
    name: 'billed-beyond-the-budget',
    guarantee: 'LD-02 reserve-settle-release',
    file: `${market}/services/answer-ledger.ts`,
    find: '(this.reservation === undefined || this.isWritten)',
    replace: 'true',
    test: 'packages/market/test/budgets/budgeted-answer.test.ts',
    testName: 'not before it is on disk',
  },
];
