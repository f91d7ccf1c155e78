import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from '../../src/domain/retry-budget.ts';

test('[MK-03 retry-budget] allows what the requests and attempts of the last ten seconds leave, whenever they came', () => {
  const step = fc.record({ afterMs: fc.integer({ min: 0, max: 3_000 }), retry: fc.boolean() });
  const reserve = fc.integer({ min: 0, max: 1 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), reserve, (steps, perSecond) => {
      const budget = new RetryBudget({ share: 0.2, perSecond });
      let nowMs = 1e9 + 123;
      let counted: { second: number; amount: number }[] = [];
      for (const { afterMs, retry } of steps) {
        nowMs += afterMs;
        const second = Math.floor(nowMs / 1_000);
        counted = counted.filter((entry) => entry.second > second - 10);
        const left = counted.reduce((sum, { amount }) => sum + amount, perSecond * 10);
        if (!retry) budget.requested(nowMs);
        else if (budget.take(nowMs) !== left > 0.999) return false;
        if (!retry || left > 0.999) counted.push({ second, amount: retry ? -1 : 0.2 });
      }
      return true;
    }),
  );
});

test('[MK-03 retry-budget] a fifth of the requests may be tried again, and a quiet model always a few', () => {
  const budget = new RetryBudget({ share: 0.2, perSecond: 0 });
  for (let at = 0; at < 100; at++) budget.requested(50_000 + at);
  const taken = Array.from({ length: 30 }, () => budget.take(50_200)).filter(Boolean);
  expect(taken).toHaveLength(20);
  const quiet = new RetryBudget({ share: 0.2, perSecond: 1 });
  expect(Array.from({ length: 12 }, () => quiet.take(1_000)).filter(Boolean)).toHaveLength(10);
  expect(quiet.take(10_999)).toBe(false);
  expect(quiet.take(11_000), 'what was taken ten seconds ago counts no more').toBe(true);
});

test('[MK-03 retry-budget] what is spent without asking counts for those who ask', () => {
  const budget = new RetryBudget({ share: 0, perSecond: 1 });
  for (let at = 0; at < 15; at++) budget.spend(5_000);
  expect(budget.take(5_000)).toBe(false);
  expect(budget.take(15_000)).toBe(true);
});
