import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelayMs, decideRetry, defaultRetryPolicy, type RetryPolicy } from '../src/index.ts';

/** In thousandths: doubles are drawn so close to nothing that a wrong sign before them is seldom seen. */
const shares = (most: number) => fc.integer({ min: 0, max: most }).map((thousandths) => thousandths / 1_000);
const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 100 }),
  initialDelayMs: fc.integer({ min: 0, max: 3_600_000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  maxDelayMs: fc.integer({ min: 0, max: 86_400_000 }),
  jitter: shares(1_000),
});
const randoms = shares(999);

test('[FD-02 attempts backoff] by default three attempts, from one second', () => {
  const decide = (attempt: number) => decideRetry({ ...defaultRetryPolicy, jitter: 0 }, attempt, true, 0);
  expect([1, 2, 3].map(decide)).toEqual([
    { retry: true, delayMs: 1_000 },
    { retry: true, delayMs: 2_000 },
    { retry: false, reason: 'exhausted' },
  ]);
});

test('[FD-02 permanent] what is permanent is never tried again, whatever attempts are left', () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 200 }), randoms, (policy, attempt, random) => {
      expect(decideRetry(policy, attempt, false, random)).toEqual({ retry: false, reason: 'permanent' });
    }),
  );
});

test('[HB-09 retries backoff jitter] attempts are bounded; delays grow, stay under their cap, and lose at most their jitter', () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 200 }), randoms, (policy, attempt, random) => {
      const decision = decideRetry(policy, attempt, true, random);
      expect(decision.retry).toBe(attempt < policy.maxAttempts);
      const delayMs = backoffDelayMs(policy, attempt, random);
      const whole = backoffDelayMs({ ...policy, jitter: 0 }, attempt, random);
      expect(Number.isInteger(delayMs)).toBe(true);
      expect(whole).toBeLessThanOrEqual(policy.maxDelayMs);
      expect(delayMs).toBeLessThanOrEqual(whole);
      expect(delayMs).toBeGreaterThanOrEqual(Math.floor(whole * (1 - policy.jitter)));
      expect(backoffDelayMs({ ...policy, jitter: 0 }, attempt + 1, random)).toBeGreaterThanOrEqual(whole);
    }),
  );
});
