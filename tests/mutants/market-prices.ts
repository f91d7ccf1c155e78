import type { Mutant } from './mutant.ts';

const domain = 'packages/market/src/domain';
const prices = 'packages/market/test/pricing/prices.test.ts';
const replayed = 'packages/market/test/pricing/simulate.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'upper-of-two-medians',
    guarantee: 'MK-11 median',
    file: `${domain}/pricing/models.ts`,
    find: '(upper + lower) / 2n',
    replace: 'upper',
    test: prices,
  },
  {
    name: 'demand-asks-less-of-the-busy',
    guarantee: 'MK-11 demand',
    file: `${domain}/pricing/models.ts`,
    find: 'return price + (price * (100n',
    replace: 'return price - (price * (100n',
    test: prices,
  },
  {
    name: 'risk-left-out-of-the-price',
    guarantee: 'MK-11 cost-plus',
    file: `${domain}/pricing/models.ts`,
    find: 'marginPercent + riskPercent',
    replace: 'marginPercent',
    test: prices,
  },
  {
    name: 'cap-against-the-last-price-only',
    guarantee: 'MK-11 cap',
    file: `${domain}/pricing/reprice.ts`,
    find: 'recent: recent.map(({ price }) => price[side])',
    replace: 'recent: [own[side]]',
    test: prices,
    testName: 'no two prices of one hour',
  },
  {
    name: 'cap-rounded-over-the-limit',
    guarantee: 'MK-11 cap',
    file: `${domain}/pricing/bounds.ts`,
    find: '(lowest * 120n) / 100n',
    replace: '(lowest * 120n) / 100n + 1n',
    test: prices,
    testName: 'no two prices of one hour',
  },
  {
    name: 'sold-below-the-profitable-minimum',
    guarantee: 'MK-11 floor',
    file: `${domain}/pricing/bounds.ts`,
    find: 'const price = capped < floor ? floor : capped;',
    replace: 'const price = capped;',
    test: prices,
    testName: 'no price is below',
  },
  {
    name: 'every-small-change-is-made',
    guarantee: 'MK-11 dead-band',
    file: `${domain}/pricing/bounds.ts`,
    find: 'return change * 100n < own;',
    replace: 'return change * 1_000n < own;',
    test: prices,
  },
  {
    name: 'late-requests-count-as-served',
    guarantee: 'MK-11 replay',
    file: `${domain}/replay/replay.ts`,
    find: 'if (isLate) this.#lost += 1;',
    replace: 'if (isLate) continue;',
    test: replayed,
  },
  {
    name: 'replay-without-the-new-price',
    guarantee: 'LD-10 prices',
    file: `${domain}/replay/replay.ts`,
    find: 'node.prices.set(model, changed);',
    replace: '',
    test: replayed,
  },
  {
    name: 'replay-takes-the-first-node-there-is',
    guarantee: 'LD-10 matching',
    file: 'packages/market/src/services/simulate-prices.ts',
    find: 'if (value > highest) [best, highest] = [node, value];',
    replace: 'if (highest === -1) [best, highest] = [node, value];',
    test: replayed,
    testName: 'the policy decides who serves',
  },
];
