import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerWheel } from '../../src/domain/timer-wheel.ts';

const tickMs = 100;

interface Item {
  readonly number: number;
}

type Act =
  | { readonly act: 'add'; readonly inMs: number }
  | { readonly act: 'move'; readonly which: number; readonly inMs: number }
  | { readonly act: 'cancel'; readonly which: number }
  | { readonly act: 'pass'; readonly ms: number }
  | { readonly act: 'jump'; readonly ms: number };

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('add' as const), inMs: fc.integer({ min: -500, max: 5_000 }) }),
    fc.record({ act: fc.constant('move' as const), which: fc.nat(), inMs: fc.integer({ min: -500, max: 5_000 }) }),
    fc.record({ act: fc.constant('cancel' as const), which: fc.nat() }),
    // Time passes, stands still, steps back, and leaps; it is not always looked at at once.
    fc.record({
      act: fc.constantFrom('pass' as const, 'jump' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 350 }), fc.integer({ min: -3_000, max: 0 }), fc.constant(86_400_000)),
    }),
  ),
  { maxLength: 80 },
);

/** What the wheel is to do, said with a plain list: an item is due from the first tick that begins at or after its time. */
class PlainList {
  readonly dueTicks = new Map<Item, number>();

  add(item: Item, dueMs: number): void {
    this.dueTicks.set(item, Math.ceil(dueMs / tickMs));
  }
  due(nowMs: number): Item[] {
    const now = Math.floor(nowMs / tickMs);
    const items = [...this.dueTicks].filter(([, tick]) => tick <= now).map(([item]) => item);
    for (const item of items) this.dueTicks.delete(item);
    return items;
  }
}

test('[HB-08 expiry] whatever the clock does, the wheel agrees with a plain list', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), acts, (startMs, all) => {
      const wheel = new TimerWheel<Item>(tickMs, startMs);
      const model = new PlainList();
      const items: Item[] = [];
      let nowMs = startMs;
      for (const act of all) {
        if (act.act === 'add') {
          const item = { number: items.length };
          items.push(item);
          wheel.add(item, nowMs + act.inMs);
          model.add(item, nowMs + act.inMs);
        } else if (act.act === 'jump') {
          nowMs += act.ms;
        } else if (act.act === 'pass') {
          nowMs += act.ms;
          expect(numbers(wheel.due(nowMs))).toEqual(numbers(model.due(nowMs)));
        } else if (items.length > 0) {
          const item = items[act.which % items.length]!;
          if (act.act === 'move') {
            wheel.add(item, nowMs + act.inMs);
            model.add(item, nowMs + act.inMs);
          } else {
            wheel.cancel(item);
            model.dueTicks.delete(item);
          }
        }
        expect(wheel.size).toBe(model.dueTicks.size);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('[HB-08 expiry] an item is due within one tick after its time and never before it', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 10_000, noNaN: true }),
      fc.integer({ min: 1, max: 30 }),
      (dueMs, stepMs) => {
        const wheel = new TimerWheel<Item>(tickMs, 0);
        wheel.add({ number: 1 }, dueMs);
        let nowMs = 0;
        while (wheel.due(nowMs).length === 0) nowMs += stepMs;
        expect(nowMs).toBeGreaterThanOrEqual(dueMs);
        expect(nowMs).toBeLessThan(dueMs + tickMs + Math.max(stepMs, tickMs));
      },
    ),
  );
});

test('[HB-08 expiry] a clock that steps back finds nothing due; when it comes again, everything once', () => {
  const wheel = new TimerWheel<Item>(tickMs, 10_000);
  const item = { number: 1 };
  wheel.add(item, 10_500);
  expect(wheel.due(2_000)).toEqual([]);
  expect(wheel.due(10_499)).toEqual([]);
  expect(wheel.due(10_500)).toEqual([item]);
  expect(wheel.due(99_999)).toEqual([]);
});

function numbers(items: readonly Item[]): number[] {
  return items.map(({ number }) => number).sort((a, b) => a - b);
}
