import fc from 'fast-check';
import { expect, test } from 'vitest';
import { count, estimate, type Tallies } from '../../src/domain/proficiency.ts';

const day = 24 * 3_600_000;
const settings = { priorWeight: 4, halfLifeMs: 10 * day };

function after(good: number, bad: number, source: 'canary' | 'schema' | 'completion' = 'canary', atMs = 0): Tallies {
  const tallies: Tallies = new Map();
  for (let n = 0; n < good; n++) count(tallies, source, true, atMs, settings.halfLifeMs);
  for (let n = 0; n < bad; n++) count(tallies, source, false, atMs, settings.halfLifeMs);
  return tallies;
}

test('[HB-11 blend] at first the declaration counts, then more and more what was verified: the mean of a Beta posterior', () => {
  expect(estimate(0.9, undefined, 0, settings)).toEqual({ learned: undefined, blend: 0.9, reliability: 1 });
  expect(estimate(1, after(3, 7), 0, settings)).toMatchObject({ learned: 0.3, blend: (4 + 3) / 14 });
  expect(estimate(1, after(300, 700), 0, settings).blend).toBeCloseTo(0.3, 2);
});

test('[HB-11 blend] it is between the declared and the learned, and more good never lowers it', () => {
  const outcomes = fc.nat(200);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), outcomes, outcomes, (declared, good, bad) => {
      const { learned = declared, blend } = estimate(declared, after(good, bad), 0, settings);
      expect(blend).toBeGreaterThanOrEqual(Math.min(declared, learned) - 1e-9);
      expect(blend).toBeLessThanOrEqual(Math.max(declared, learned) + 1e-9);
      expect(estimate(declared, after(good + 1, bad), 0, settings).blend).toBeGreaterThanOrEqual(blend - 1e-9);
    }),
  );
});

test('[HB-11 completion-only] completion, whatever comes of it, moves reliability and nothing else', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer({ min: 1, max: 100 }), (good, bad) => {
      const { learned, blend, reliability } = estimate(0.6, after(good, bad, 'completion'), 0, settings);
      expect([learned, blend]).toEqual([undefined, 0.6]);
      expect(reliability).toBeCloseTo((4 + good) / (4 + good + bad), 9);
    }),
  );
});

test('[HB-11 blend] what was verified fades: after a half-life it counts half, in the end the declaration is believed again', () => {
  const tallies = after(0, 12);
  expect(estimate(1, tallies, 0, settings).blend).toBeCloseTo(4 / 16, 9);
  expect(estimate(1, tallies, 10 * day, settings).blend).toBeCloseTo(4 / 10, 9);
  expect(estimate(1, tallies, 300 * day, settings).blend).toBeCloseTo(1, 6);
  // A clock that was put back fades nothing, and makes nothing count more than once.
  expect(estimate(1, tallies, -300 * day, settings).blend).toBeCloseTo(4 / 16, 9);
  count(tallies, 'canary', false, 10 * day, settings.halfLifeMs);
  expect(tallies.get('canary')).toMatchObject({ bad: 7, badCount: 13 });
});

test('[HB-11 judged] the right form says less than the right answer', () => {
  expect(estimate(1, after(0, 4, 'schema'), 0, settings).blend).toBeGreaterThan(
    estimate(1, after(0, 4, 'canary'), 0, settings).blend,
  );
});
