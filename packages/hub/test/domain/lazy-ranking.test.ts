import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LazyRanking } from '../../src/domain/lazy-ranking.ts';

interface Item {
  readonly most: number;
  value: number;
}

const step = fc.oneof(
  fc.record({ act: fc.constant('add' as const), most: fc.nat(20) }),
  fc.record({ act: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ act: fc.constant('fall' as const), at: fc.nat(), by: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ act: fc.constant('rise' as const), at: fc.nat() }),
  fc.record({ act: fc.constant('best' as const), at: fc.nat() }),
);

test('[HB-03] the best is the best, whatever was added, removed, has fallen or risen: compared with a look at all', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const items: Item[] = [];
      const lowered = new Set<Item>();
      const ranking = new LazyRanking<Item>(
        ({ value }) => value,
        (item) => lowered.add(item),
      );
      for (const each of steps) {
        if (each.act === 'add') {
          const item = { most: each.most, value: each.most };
          items.push(item);
          ranking.add(item, item.most);
          continue;
        }
        const item = items[each.at % items.length];
        if (!item) continue;
        if (each.act === 'remove') {
          items.splice(items.indexOf(item), 1);
          ranking.remove(item);
        } else if (each.act === 'fall') item.value = Math.max(-1, item.value - each.by);
        else if (each.act === 'rise') {
          item.value = item.most;
          if (lowered.delete(item)) ranking.raise(item);
        } else expectBest(ranking, items, item);
        expectBest(ranking, items, undefined);
      }
      expect(new Set(ranking)).toEqual(new Set(items));
    }),
    { numRuns: 500 },
  );
});

function expectBest(ranking: LazyRanking<Item>, items: readonly Item[], lastResort: Item | undefined): void {
  const free = items.filter(({ value }) => value >= 0);
  const others = free.filter((item) => item !== lastResort);
  const best = ranking.best(lastResort);
  if (others.length > 0) expect(best?.value).toBe(Math.max(...others.map(({ value }) => value)));
  else expect(best).toBe(free[0]);
  if (others.length > 0 && lastResort) expect(best).not.toBe(lastResort);
}
