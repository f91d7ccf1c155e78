import type { Mutant } from './mutant.ts';

const budget = 'packages/hub/src/domain/retry-budget.ts';
const settlement = 'packages/hub/src/services/settlement.ts';
const hedging = 'packages/hub/src/services/hedging.ts';
const hedged = 'packages/hub/test/tasks/hedging.test.ts';
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
  {
    name: 'both-attempts-of-a-hedge-answer',
    guarantee: 'MK-03 hedging',
    file: hedging,
    find: 'if (lease.rival) this.decide(lease);',
    replace: '',
    test: hedged,
    testName: 'first to give something counts',
  },
  {
    name: 'record-not-told-who-won-the-hedge',
    guarantee: 'MK-03 hedging',
    file: hedging,
    find: 'lease.isMoved = true;',
    replace: 'lease.isMoved = false;',
    test: hedged,
    testName: 'first to give something counts',
  },
  {
    name: 'failure-of-one-attempt-ends-a-hedged-task',
    guarantee: 'MK-03 hedging',
    file: settlement,
    find: 'if (error.retryable && this.#parts.hedging.leftToRival(lease)) return;',
    replace: '',
    test: hedged,
    testName: 'when one of the two fails',
  },
  {
    name: 'second-attempt-goes-on-when-nobody-wants-it',
    guarantee: 'MK-03 hedging',
    file: settlement,
    find: 'const other = withdrawRival(lease, this.#parts.keeper, reason);',
    replace: 'const other: undefined = undefined;',
    test: hedged,
    testName: 'wanted no more',
  },
  {
    name: 'hedges-beside-the-retry-budget',
    guarantee: 'MK-03 hedging',
    file: hedging,
    find: "if (!retryBudgets.take(task, 'failed'))",
    replace: "if (!retryBudgets.take(task, 'lost'))",
    test: hedged,
    testName: 'beyond the retry budget',
  },
  {
    name: 'hedges-without-a-share',
    guarantee: 'MK-03 hedging',
    file: hedging,
    find: 'if (!hedges.take(clock.monotonicMs()))',
    replace: 'if (!hedges.take(clock.monotonicMs()) && task.attempt > 99)',
    test: hedged,
    testName: 'its share of the streams',
  },
];
