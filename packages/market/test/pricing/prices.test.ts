/** What prices come to, whatever the market does: pure rules, in whole micro-USD per million tokens. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pricingModels } from '../../src/domain/pricing/models.ts';
import { floorOf } from '../../src/domain/pricing/margin.ts';
import { recentPoints, reprice, type PricePoint } from '../../src/domain/pricing/reprice.ts';

const hourMs = 3_600_000;
const both = (price: bigint) => ({ inputMicroUsd: price, outputMicroUsd: price });
const free = both(0n);
const idle = { busy: 0, of: 0 };
const snapshot = { own: both(1_000n), others: [], utilisation: idle, cost: free };

describe('models', () => {
  test('[MK-11 median] the middle of what others ask, of two the mean rounded down, each side for itself', () => {
    const of = (...prices: bigint[]) => pricingModels.median({ ...snapshot, others: prices.map(both) }).outputMicroUsd;
    expect([of(5n), of(9n, 1n, 5n), of(1n, 4n), of(4n, 1n, 100n, 2n)]).toEqual([5n, 5n, 2n, 3n]);
    expect(of()).toBe(1_000n);
    const others = [
      { inputMicroUsd: 1n, outputMicroUsd: 30n },
      { inputMicroUsd: 2n, outputMicroUsd: 20n },
      { inputMicroUsd: 3n, outputMicroUsd: 10n },
    ];
    expect(pricingModels.median({ ...snapshot, others })).toEqual({ inputMicroUsd: 2n, outputMicroUsd: 20n });
  });

  test.each([
    [70, 1_000n],
    [0, 875n],
    [100, 1_053n], // 1000 × (30 / 70) / 8 = 53.57
    [35, 938n], // 1000 × (35 / 70) / 8 = 62.5
  ])(
    '[MK-11 demand] at %i %% of its slots a price of 1000 becomes %i, as the base fee of EIP-1559 would',
    (busy, price) => {
      const demanded = pricingModels.demand({ ...snapshot, utilisation: { busy, of: 100 } });
      expect(demanded).toEqual(both(price));
    },
  );

  test('[MK-11 demand] a node that has no slots yet keeps its price', () => {
    expect(pricingModels.demand(snapshot)).toEqual(snapshot.own);
  });

  test('[MK-11 cost-plus] cost and 40 %, rounded up; it never falls as the cost rises', () => {
    const of = (cost: bigint) => pricingModels.costPlus({ ...snapshot, cost: both(cost) }).outputMicroUsd;
    expect([of(0n), of(1n), of(100n), of(101n)]).toEqual([0n, 2n, 140n, 142n]);
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), fc.bigInt(0n, 10n ** 9n), (cost, more) => {
        expect(of(cost + more)).toBeGreaterThanOrEqual(of(cost));
        expect(of(cost) * 100n).toBeGreaterThanOrEqual(cost * 140n);
      }),
    );
  });
});

/** Wishes with the time since the one before. */
const wishes = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 2 * hourMs }), wanted: fc.bigInt(0n, 2_000_000n) }),
  { minLength: 1, maxLength: 40 },
);

/** All prices that the wishes lead to, from the first. */
function walk(first: bigint, cost: bigint, steps: readonly { afterMs: number; wanted: bigint }[]): PricePoint[] {
  const all: PricePoint[] = [{ atMs: 0, price: both(first) }];
  let history: readonly PricePoint[] = all;
  let atMs = 0;
  for (const { afterMs, wanted } of steps) {
    atMs += afterMs;
    const { price } = reprice(both(wanted), both(cost), history, atMs);
    all.push({ atMs, price });
    history = [...recentPoints(history, atMs), { atMs, price }];
  }
  return all;
}

describe('bounds', () => {
  test('[MK-11 cap] no two prices of one hour are more than 20 % apart, whatever is wanted, however often', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1_000_000n), wishes, (first, steps) => {
        const points = walk(first, 0n, steps);
        for (const [at, { atMs, price }] of points.entries()) {
          for (const [before, earlier] of points.slice(0, at).entries()) {
            const goneAtMs = points[before + 1]!.atMs;
            if (goneAtMs <= atMs - hourMs) continue; // no longer in force within the hour
            expect(price.outputMicroUsd * 100n).toBeLessThanOrEqual(earlier.price.outputMicroUsd * 120n);
            expect(price.outputMicroUsd * 100n).toBeGreaterThanOrEqual(earlier.price.outputMicroUsd * 80n);
          }
        }
      }),
    );
  });

  test('[MK-11 cap] it moves on after an hour: what is wanted is reached', () => {
    const steps = Array.from({ length: 12 }, () => ({ afterMs: hourMs, wanted: 500_000n }));
    expect(walk(100_000n, 0n, steps).at(-1)!.price.outputMicroUsd).toBe(500_000n);
    expect(walk(100_000n, 0n, steps.slice(0, 1)).at(-1)!.price.outputMicroUsd).toBe(120_000n);
  });

  test('[MK-11 floor] no price is below cost and 30 %, whatever is wanted', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1_000_000n), fc.bigInt(0n, 1_000_000n), wishes, (first, cost, steps) => {
        for (const { price } of walk(first, cost, steps).slice(1)) {
          expect(price.outputMicroUsd * 100n).toBeGreaterThanOrEqual(cost * 130n);
        }
      }),
    );
    expect(floorOf(both(101n))).toEqual(both(132n));
  });

  test('[MK-11 floor] a cost that rises by more than the cap is passed on at once, and is said to be why', () => {
    const history = [{ atMs: 0, price: both(100n) }];
    const { price, bounds } = reprice(both(100n), both(200n), history, 1);
    expect([price.outputMicroUsd, bounds.outputMicroUsd]).toEqual([260n, 'floor']);
  });

  test.each([
    [100_999n, 100_000n, 'deadBand'],
    [101_000n, 101_000n, 'none'],
    [99_001n, 100_000n, 'deadBand'],
    [99_000n, 99_000n, 'none'],
    [130_000n, 120_000n, 'cap'],
  ] as const)('[MK-11 dead-band] from 100000 to %i it goes to %i: %s', (wanted, price, bound) => {
    const priced = reprice(both(wanted), free, [{ atMs: 0, price: both(100_000n) }], 1);
    expect([priced.price.inputMicroUsd, priced.bounds.inputMicroUsd]).toEqual([price, bound]);
  });
});
