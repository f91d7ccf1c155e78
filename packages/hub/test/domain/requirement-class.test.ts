import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Constraints, Requirement } from '../../src/api/index.ts';
import { requirementClass, requirementKey } from '../../src/domain/requirement-class.ts';
import { constraints, requirements } from './arbitraries.ts';

test('[HB-03 together] one class for one set, in whatever order its requirements and labels were written', () => {
  fc.assert(
    fc.property(requirements, constraints, fc.infiniteStream(fc.nat()), (requires, wanted, keys) => {
      const shuffled = shuffle(requires, keys);
      const { labels, ...rest } = wanted;
      const reordered: Constraints = labels
        ? { labels: Object.fromEntries(shuffle(Object.entries(labels), keys)), ...rest }
        : rest;
      expect(requirementClass(shuffled, reordered)).toEqual(requirementClass(requires, wanted));
    }),
  );
});

test('[HB-03 together] two sets that differ in anything are two classes', () => {
  fc.assert(
    fc.property(requirements, constraints, requirements, constraints, (requires, wanted, others, otherwise) => {
      const [one, other] = [requirementClass(requires, wanted), requirementClass(others, otherwise)];
      const { key: _, ...set } = one;
      const { key: __, ...otherSet } = other;
      expect(one.key === other.key).toBe(bigintText(set) === bigintText(otherSet));
    }),
    // Few names and values, so that equal sets are met often enough.
    { numRuns: 500 },
  );
});

test('[HB-03] the short way to the key is the key of the class', () => {
  fc.assert(
    fc.property(requirements, constraints, (requires, wanted) => {
      expect(requirementKey(requires, wanted)).toBe(requirementClass(requires, wanted).key);
    }),
  );
});

test('[HB-03 price] amounts are compared as numbers: leading zeros make no other class', () => {
  const requires: Requirement[] = [{ name: 'echo', minProficiency: 0 }];
  expect(requirementKey(requires, { maxPriceMicroUsd: '007' })).toBe(
    requirementKey(requires, { maxPriceMicroUsd: '7' }),
  );
  expect(requirementClass(requires, { maxPriceMicroUsd: '007' }).maxPriceMicroUsd).toBe(7n);
});

test('[HB-03] no constraint and empty labels are the same class', () => {
  const requires: Requirement[] = [{ name: 'echo', minProficiency: 0 }];
  expect(requirementKey(requires, { labels: {} })).toBe(requirementKey(requires, {}));
});

function shuffle<T>(items: readonly T[], keys: Iterator<number>): T[] {
  return items
    .map((item) => ({ item, at: keys.next().value as number }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function bigintText(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member));
}
