/** Requests and tokens of a minute: what is taken before, corrected after, and told to the client. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationText, writeRateHeaders } from '../../src/gateway/rate-headers.ts';
import type { Budget } from '../../src/services/budgets/budget.ts';
import { MinuteRates } from '../../src/services/budgets/minute-rates.ts';

function limited(subject: string, limits: { requestsPerMinute?: number; tokensPerMinute?: number }): Budget {
  const { requestsPerMinute, tokensPerMinute } = limits;
  return { subject, tenant: 'acme', requestLimitMicroUsd: undefined, requestsPerMinute, tokensPerMinute, windows: [] };
}

function started() {
  const clock = { ms: 0 };
  return { clock, rates: new MinuteRates({ monotonicMs: () => clock.ms }) };
}

test('[MK-16 limits] so many requests a minute, of a key and of its tenant; the next is possible when one has refilled', () => {
  const { clock, rates } = started();
  const [key, tenant] = [limited('key:a', { requestsPerMinute: 60 }), limited('tenant:t', { requestsPerMinute: 3 })];
  const ask = () => rates.take([key, tenant], () => 1)!;
  for (let at = 0; at < 3; at++) expect(ask().refused).toBeUndefined();
  const { refused, left } = ask();
  expect(refused).toMatchObject({ status: 429, code: 'rate_limited', retryAfterMs: 20_000 });
  expect(left.requests).toMatchObject({ limit: 3, remaining: 0 });
  expect(rates.take([key], () => 1)!.left.requests!.remaining).toBe(56); // the refused one took nothing of the key's
  clock.ms += 20_000;
  expect(ask().refused).toBeUndefined();
  expect(rates.take([limited('key:b', {})], () => 1)).toBeUndefined();
});

test('[MK-16 limits] tokens are taken by their bound and corrected by what was used; who used more waits longer', () => {
  const { clock, rates } = started();
  const budgets = [limited('key:a', { tokensPerMinute: 600 })];
  const first = rates.take(budgets, () => 500)!;
  expect(rates.take(budgets, () => 500)!.refused).toMatchObject({ retryAfterMs: 40_000 });
  first.used(50);
  const second = rates.take(budgets, () => 500)!;
  expect(second.left.tokens).toMatchObject({ limit: 600, remaining: 50 });
  second.used(1_150); // 600 more than there are
  clock.ms += 60_000;
  expect(rates.take(budgets, () => 1)!.refused).toBeDefined();
  clock.ms += 1_000;
  expect(rates.take(budgets, () => 1)!.refused).toBeUndefined();
  clock.ms += 60_000;
  expect(rates.take(budgets, () => 10_000)!.refused).toBeUndefined(); // more than a minute has: it takes all of it
});

test('[MK-16 limits] over any time no more tokens are used than there were at first and came since', () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 20_000 }), bound: fc.integer({ min: 1, max: 900 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, share) => {
      const { clock, rates } = started();
      const budgets = [limited('key:a', { tokensPerMinute: 600 })];
      let used = 0;
      for (const { waitMs, bound } of steps) {
        clock.ms += waitMs;
        const taken = rates.take(budgets, () => bound)!;
        if (taken.refused) continue;
        const actual = Math.floor(Math.min(bound, 600) * share);
        taken.used(actual);
        used += actual;
      }
      expect(used).toBeLessThanOrEqual(600 + clock.ms / 100 + 1e-6);
    }),
  );
});

test('[MK-16 limits] headers are those of OpenAI’s API', () => {
  const { rates } = started();
  const headers: Record<string, string | number> = {};
  const taken = rates.take([limited('key:a', { requestsPerMinute: 10, tokensPerMinute: 6_000 })], () => 1_500)!;
  const sink = { header: (name: string, value: string | number) => (headers[name] = value) };
  writeRateHeaders(sink as unknown as Parameters<typeof writeRateHeaders>[0], taken);
  expect(headers).toEqual({
    'x-ratelimit-limit-requests': 10,
    'x-ratelimit-remaining-requests': 9,
    'x-ratelimit-reset-requests': '6s',
    'x-ratelimit-limit-tokens': 6_000,
    'x-ratelimit-remaining-tokens': 4_500,
    'x-ratelimit-reset-tokens': '15s',
  });
  expect([0, 20, 1_000, 7_660, 60_000, 93_500].map(durationText)).toEqual([
    '0ms',
    '20ms',
    '1s',
    '7.66s',
    '1m0s',
    '1m33.5s',
  ]);
});
