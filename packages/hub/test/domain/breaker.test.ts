import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countFailure, countSuccess, endPause, newBreaker, type Breaker } from '../../src/domain/breaker.ts';

const settings = { failures: 3, initialPauseMs: 100, maxPauseMs: 1_000 };

function broken(nowMs = 0): Breaker {
  const breaker = newBreaker(0);
  for (const task of ['a', 'b', 'c']) countFailure(breaker, task, settings, nowMs);
  return breaker;
}

test('[HB-12 open] it opens with the last of so many different tasks in a row, not before', () => {
  const breaker = newBreaker(0);
  expect(['a', 'b', 'c'].map((task) => countFailure(breaker, task, settings, 0))).toEqual([false, false, true]);
  expect(breaker.state).toBe('open');
});

test('[HB-12 open] a success in between starts the count again, and one poisonous task opens nothing', () => {
  const outcomes = fc.array(fc.constantFrom('a', 'b', 'success'), { maxLength: 50 });
  fc.assert(
    fc.property(outcomes, (all) => {
      const breaker = newBreaker(0);
      for (const each of all) {
        if (each === 'success') countSuccess(breaker);
        else countFailure(breaker, each, settings, 0);
      }
      // Two tasks, however often each of them fails, are fewer than three.
      expect(breaker.state).toBe('closed');
    }),
  );
});

test('[HB-12 half-open recovery] after its pause it is half-open; a success closes it, a failure opens it for twice as long', () => {
  const breaker = broken();
  expect(endPause(breaker, 99)).toBe(false);
  expect(endPause(breaker, 100)).toBe(true);
  expect(countFailure(breaker, 'probe', settings, 100)).toBe(true);
  expect(endPause(breaker, 299)).toBe(false);
  expect(endPause(breaker, 300)).toBe(true);
  expect(countSuccess(breaker)).toBe(true);
  expect(breaker).toMatchObject({ state: 'closed', openings: 0 });
});

test('[HB-12 recovery] pauses grow to the longest and no further', () => {
  const breaker = broken();
  const pauses: number[] = [];
  for (let nowMs = 0; pauses.length < 7;) {
    pauses.push(breaker.opensUntilMs - nowMs);
    nowMs = breaker.opensUntilMs;
    endPause(breaker, nowMs);
    countFailure(breaker, 'probe', settings, nowMs);
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

test('[HB-12 open] what began before it opened changes nothing while it is open', () => {
  const breaker = broken();
  expect(countFailure(breaker, 'late', settings, 50)).toBe(false);
  expect(countSuccess(breaker)).toBe(false);
  expect(breaker).toMatchObject({ state: 'open', opensUntilMs: 100 });
});
