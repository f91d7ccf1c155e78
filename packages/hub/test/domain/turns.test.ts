import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turns } from '../../src/domain/turns.ts';

const weights = fc.array(fc.constantFrom(0.25, 0.5, 1, 1.5, 2, 5), { minLength: 2, maxLength: 6 });

/** Gives `count` tasks to tenants that all have more than enough, and answers how many each got. */
function share(turns: Turns, tenantWeights: readonly number[], count: number): number[] {
  const got = tenantWeights.map(() => 0);
  for (let given = 0; given < count; given++) {
    const rounds = tenantWeights.map((_, index) => turns.roundOf(`t${index}`));
    const next = rounds.indexOf(Math.min(...rounds));
    turns.take(`t${next}`, tenantWeights[next]!);
    got[next]! += 1;
  }
  return got;
}

test('[HB-14 fairness] tenants that always have work get tasks by their weights, to within one quantum and one task', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 300 }), (tenantWeights, count) => {
      const got = share(new Turns(), tenantWeights, count);
      const rounds = got.map((tasks, index) => tasks / tenantWeights[index]!);
      for (const [index, weight] of tenantWeights.entries())
        for (const [other, otherWeight] of tenantWeights.entries())
          // The bound of deficit round robin: what two tenants got, by weight, differs by a round and a task of each.
          expect(rounds[index]! - rounds[other]!).toBeLessThanOrEqual(1 + 1 / weight + 1 / otherWeight);
    }),
  );
});

test('[HB-14 fairness] a weight below one is a share too: every fourth round for a quarter', () => {
  expect(share(new Turns(), [1, 0.25], 100)).toEqual([80, 20]);
});

test('[HB-14 fairness] who was away has no turns saved up, and who worked alone has none to make up for', () => {
  const turns = new Turns();
  for (let task = 0; task < 1_000; task++) turns.take('t0', 1);
  expect(share(turns, [1, 1], 10)).toEqual([5, 5]);
});

test('[HB-14] what it remembers of tenants that went is forgotten with the next round', () => {
  const turns = new Turns();
  for (let tenant = 0; tenant < 1_000; tenant++) turns.take(`gone ${tenant}`, 1);
  // All of them have had their turn of the first round: a newcomer has not.
  expect(turns.roundOf('gone 5')).toBeGreaterThan(turns.roundOf('new'));
  for (let round = 0; round < 3; round++) turns.take('stays', 1);
  expect(turns.roundOf('gone 5')).toBe(turns.roundOf('new'));
});

test('[HB-14 fairness] [LD-06 weights] what tenants get is weighed by what it costs, to within a round and the dearest of each', () => {
  const costs = fc.array(fc.tuple(fc.constantFrom(0.5, 1, 2), fc.constantFrom(0.1, 1, 7, 30)), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(
    fc.property(costs, fc.integer({ min: 50, max: 400 }), (tenants, count) => {
      const turns = new Turns();
      const spent = tenants.map(() => 0);
      for (let given = 0; given < count; given++) {
        const rounds = tenants.map((_, index) => turns.roundOf(`t${index}`));
        const next = rounds.indexOf(Math.min(...rounds));
        const [weight, cost] = tenants[next]!;
        turns.take(`t${next}`, weight, cost);
        spent[next]! += cost;
      }
      const rounds = spent.map((sum, index) => sum / tenants[index]![0]);
      for (const [index, [weight, cost]] of tenants.entries())
        for (const [other, [otherWeight, otherCost]] of tenants.entries())
          expect(rounds[index]! - rounds[other]!).toBeLessThanOrEqual(
            1 + cost / weight + otherCost / otherWeight + 1e-9,
          );
    }),
  );
});

test('[LD-06 weights] what came to more is charged later, what came to less is given back, and nobody saves that up', () => {
  const turns = new Turns();
  turns.take('t0', 1, 1);
  turns.take('t1', 1, 1);
  turns.correct('t0', 1, 4);
  expect(turns.roundOf('t0') - turns.roundOf('t1')).toBe(4);
  turns.correct('t0', 1, -4);
  expect(turns.roundOf('t0')).toBe(turns.roundOf('t1'));
  turns.correct('t0', 1, -100);
  expect(turns.roundOf('t0')).toBe(turns.round);
  turns.correct('gone', 1, 100);
  expect(turns.roundOf('gone')).toBe(turns.round);
});
