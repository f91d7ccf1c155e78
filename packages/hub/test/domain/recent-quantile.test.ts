import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentQuantile } from '../../src/domain/recent-quantile.ts';

test('[MK-03 hedging] a quantile is that of the newest values, by nearest rank, at most fifteen values late', () => {
  const values = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 600 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
      const quantile = new RecentQuantile();
      const known: number[] = [];
      for (const value of all) {
        quantile.add(value);
        known.push(value);
        const found = quantile.at(share)!;
        const possible = Array.from({ length: 16 }, (_, late) => rankedAt(known.slice(0, known.length - late), share));
        if (!possible.includes(found)) return false;
      }
      return true;
    }),
  );
});

function rankedAt(values: readonly number[], share: number): number | undefined {
  const newest = values.slice(-256).sort((a, b) => a - b);
  return newest[Math.max(0, Math.ceil(share * newest.length) - 1)];
}

test('[MK-03 hedging] nothing is known before anything was measured', () => {
  expect(new RecentQuantile().at(0.95)).toBeUndefined();
});
