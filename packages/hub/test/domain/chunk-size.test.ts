import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { paceAfter, type Pace } from '../../src/domain/chunk-size.ts';

const rule = fc.record({
  targetMs: fc.integer({ min: 1, max: 100_000 }),
  maxItems: fc.integer({ min: 1, max: 100_000 }),
});
const chunkItems = fc.integer({ min: 1, max: 100_000 });
const durationMs = fc.integer({ min: 0, max: 1_000_000 });

/** Items so that a chunk takes as long as its items do, each `itemMs`. */
function settled(start: Pace, itemMs: number, { targetMs, maxItems }: { targetMs: number; maxItems: number }): Pace {
  let pace = start;
  for (let chunk = 0; chunk < 40; chunk++) {
    const measured = { items: pace.chunkItems, durationMs: pace.chunkItems * itemMs };
    pace = paceAfter(pace, measured, { targetMs, maxItems });
  }
  return pace;
}

describe('the size of chunks', () => {
  test('[HB-05 adapts] comes to the target duration for items of any constant cost', () => {
    const itemMs = fc.double({ min: 0.01, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(rule, chunkItems, itemMs, (bounds, first, cost) => {
        const pace = settled({ chunkItems: Math.min(first, bounds.maxItems), itemUs: undefined }, cost, bounds);
        const ideal = Math.min(Math.max(bounds.targetMs / cost, 1), bounds.maxItems);
        expect(pace.chunkItems).toBeGreaterThanOrEqual(Math.floor(ideal * 0.9) || 1);
        expect(pace.chunkItems).toBeLessThanOrEqual(Math.ceil(ideal * 1.1));
      }),
    );
  });

  test('[HB-05 adapts] grows although a chunk takes less than the clock can tell', () => {
    expect(settled({ chunkItems: 1, itemUs: undefined }, 0.01, { targetMs: 1, maxItems: 3 }).chunkItems).toBe(3);
    expect(settled({ chunkItems: 1, itemUs: undefined }, 0, { targetMs: 1, maxItems: 1_000 }).chunkItems).toBe(1_000);
  });

  test('[HB-05 adapts] is whole, within its bounds, and never more than doubled or halved at once', () => {
    fc.assert(
      fc.property(
        rule,
        chunkItems,
        durationMs,
        fc.option(fc.double({ min: 0.001, max: 1e9, noNaN: true })),
        (bounds, size, taken, itemUs) => {
          const before = Math.min(size, bounds.maxItems);
          const pace = paceAfter(
            { chunkItems: before, itemUs: itemUs ?? undefined },
            { items: before, durationMs: taken },
            bounds,
          );
          expect(Number.isInteger(pace.chunkItems)).toBe(true);
          expect(pace.chunkItems).toBeGreaterThanOrEqual(Math.max(1, Math.round(before / 2)));
          expect(pace.chunkItems).toBeLessThanOrEqual(Math.min(bounds.maxItems, before * 2));
        },
      ),
    );
  });

  test('[HB-05 adapts] a slower measurement never makes larger chunks', () => {
    fc.assert(
      fc.property(rule, chunkItems, durationMs, durationMs, (bounds, size, one, other) => {
        const after = (taken: number) =>
          paceAfter({ chunkItems: size, itemUs: 100 }, { items: size, durationMs: taken }, bounds).chunkItems;
        expect(after(Math.max(one, other))).toBeLessThanOrEqual(after(Math.min(one, other)));
      }),
    );
  });
});
