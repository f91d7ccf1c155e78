import type { Mutant } from './mutant.ts';

const node = 'packages/market/src/node';
const test = 'packages/market/test/node/market-node.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'price-of-a-model-not-its-own',
    guarantee: 'MK-01 offers',
    file: `${node}/offer-terms.ts`,
    find: '(prices && Object.hasOwn(prices, model) ? prices[model] : undefined) ?? price',
    replace: 'price',
    test,
    testName: 'each model has its price',
  },
  {
    name: 'benchmark-one-by-one',
    guarantee: 'MK-17 batching',
    file: `${node}/benchmark.ts`,
    find: 'const requests = await Promise.all(Array.from({ length: concurrency }, () => measureRequest(options)));',
    replace: `const requests: Awaited<ReturnType<typeof measureRequest>>[] = [];
  for (let at = 0; at < concurrency; at++) requests.push(await measureRequest(options));`,
    test,
    testName: 'under way at once',
  },
  {
    name: 'memory-of-a-node-not-guarded',
    guarantee: 'MK-17 memory',
    file: `${node}/memory-guard.ts`,
    find: 'if (this.#share <= this.#limitShare) return;',
    replace: 'return;',
    test,
    testName: 'above its limit',
  },
  {
    name: 'offers-of-other-models-listed',
    guarantee: 'MK-01 offers',
    file: 'packages/market/src/gateway/offers.ts',
    find: '(query.model === undefined || offer.model === query.model) &&',
    replace: '',
    test: 'tests/e2e/openai/offers.test.ts',
    testName: 'the cheapest first',
  },
];
