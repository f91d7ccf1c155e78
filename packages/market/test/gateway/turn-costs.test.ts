import { expect, test } from 'vitest';
import { TurnCosts } from '../../src/domain/turn-costs.ts';

test('[LD-06 weights] a request costs its bytes and the answer that is expected; what comes corrects it, and the next', () => {
  const costs = new TurnCosts();
  const first = costs.of('m', 4_000, undefined);
  expect(first.expected).toBeCloseTo(1.256);
  expect(first.excess(8_000)).toBeCloseTo(2 - 0.256);
  for (let answer = 0; answer < 200; answer++) costs.of('m', 0, undefined).excess(8_000);
  expect(costs.of('m', 4_000, undefined).expected).toBeCloseTo(3);
  expect(costs.of('other', 4_000, undefined).expected).toBeCloseTo(1.256);
});

test('[LD-06 weights] a limit of tokens bounds what is expected; a body of pictures is no million tokens', () => {
  const costs = new TurnCosts();
  expect(costs.of('m', 0, 100).expected).toBeCloseTo(0.1);
  expect(costs.of('m', 0, 100_000).expected).toBeCloseTo(0.256);
  expect(costs.of('m', 5_000_000, 0).expected).toBeCloseTo(32.768);
});
