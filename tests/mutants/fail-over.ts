import type { Mutant } from './mutant.ts';

const budget = 'packages/hub/src/domain/retry-budget.ts';
const settlement = 'packages/hub/src/services/settlement.ts';
const retried = 'packages/hub/test/tasks/retry-budget.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'retries-never-refused',
    guarantee: 'MK-03 retry-budget',
    file: settlement,
    find: 'if (!this.#parts.retryBudgets.allows(task, why))',
    replace: 'if (!this.#parts.retryBudgets.allows(task, why) && task.attempt > 99)',
    test: retried,
    testName: 'most of a fleet fails',
  },
  {
    name: 'work-of-a-vanished-agent-refused-for-the-budget',
    guarantee: 'MK-03 retry-budget',
    file: settlement,
    find: "error.code === LeaseExpired.code ? 'lost' : 'failed'",
    replace: "error.code === LeaseExpired.code ? 'failed' : 'failed'",
    test: retried,
    testName: 'vanished agent',
  },
  {
    name: 'requests-count-for-ever-in-the-retry-budget',
    guarantee: 'MK-03 retry-budget',
    file: budget,
    find: 'this.#balance -= this.#slots[slot]!;',
    replace: '',
    test: 'packages/hub/test/domain/retry-budget.test.ts',
  },
];
