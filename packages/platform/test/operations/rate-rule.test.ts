import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BucketTable, limitedPart } from '../../src/operations/rate-limiter.ts';
import { fullBucket, takeToken } from '../../src/operations/rate-rule.ts';

const limits = fc.record({
  capacity: fc.integer({ min: 1, max: 1_000 }),
  perSecond: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
});
/** Steps of the clock between requests: mostly small, some jumps, some backwards. */
const steps = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: -100_000, max: 100_000 }), fc.constant(1e12)),
  { minLength: 1, maxLength: 200 },
);

test('never more than the capacity and what flowed in while time went forward, whatever the clock does', () => {
  fc.assert(
    fc.property(limits, steps, (limit, deltas) => {
      let nowMs = 0;
      let forwardMs = 0;
      let allowed = 0;
      const bucket = fullBucket(limit, nowMs);
      for (const delta of deltas) {
        nowMs += delta;
        forwardMs += Math.max(0, delta);
        const decision = takeToken(bucket, limit, nowMs);
        if (decision.allowed) allowed += 1;
        expect(bucket.tokens).toBeGreaterThanOrEqual(0);
        expect(bucket.tokens).toBeLessThanOrEqual(limit.capacity);
        expect(decision.remaining).toBeLessThanOrEqual(limit.capacity - (decision.allowed ? 1 : 0));
      }
      expect(allowed).toBeLessThanOrEqual(limit.capacity + (forwardMs * limit.perSecond) / 1_000 + 1e-6);
    }),
  );
});

test('whoever waits for retryAfterMs is let in, and resetMs fills the bucket', () => {
  fc.assert(
    fc.property(limits, fc.integer({ min: 0, max: 1e9 }), (limit, startMs) => {
      const bucket = fullBucket(limit, startMs);
      let nowMs = startMs;
      let decision = takeToken(bucket, limit, nowMs);
      for (let taken = 0; taken < limit.capacity; taken++) decision = takeToken(bucket, limit, nowMs);
      expect(decision.allowed).toBe(false);
      expect(decision.retryAfterMs).toBeGreaterThan(0);
      nowMs += decision.retryAfterMs;
      expect(takeToken(bucket, limit, nowMs).allowed).toBe(true);
      const { resetMs } = takeToken(bucket, limit, nowMs);
      expect(takeToken(bucket, limit, nowMs + resetMs).remaining).toBe(limit.capacity - 1);
    }),
  );
});

test('a clock that steps back refills nothing, and one that jumps ahead at most fills', () => {
  const limit = { capacity: 2, perSecond: 1 };
  const bucket = fullBucket(limit, 10_000);
  takeToken(bucket, limit, 10_000);
  takeToken(bucket, limit, 10_000);
  expect(takeToken(bucket, limit, 5_000)).toMatchObject({ allowed: false, retryAfterMs: 1_000 });
  expect(takeToken(bucket, limit, 6_000).allowed).toBe(true);
  expect(takeToken(bucket, limit, 1e15)).toMatchObject({ allowed: true, remaining: 1 });
});

test('[FD-10 caches] the table of buckets is bounded, and keeps the names that come back', () => {
  const table = new BucketTable(100);
  const limit = { capacity: 5, perSecond: 1 };
  const mine = table.bucket('mine', limit, 0);
  for (let other = 0; other < 10_000; other++) {
    table.bucket(`other ${other}`, limit, 0);
    if (other % 50 === 0) expect(table.bucket('mine', limit, 0)).toBe(mine);
    expect(table.size).toBeLessThanOrEqual(200);
  }
});

test('an IPv6 customer is limited by its /64, an IPv4 address as a whole', () => {
  expect(limitedPart('2001:db8:1:2:aaaa::1')).toBe(limitedPart('2001:db8:1:2:ffff:1:2:3'));
  expect(limitedPart('2001:db8::1')).toBe(limitedPart('2001:db8::2'));
  expect(limitedPart('2001:db8:1:2::1')).not.toBe(limitedPart('2001:db8:1:3::1'));
  expect(limitedPart('fe80::1%eth0')).toBe(limitedPart('fe80::2'));
  expect(limitedPart('10.0.0.1')).toBe('10.0.0.1');
  expect(limitedPart('::ffff:10.0.0.1')).not.toBe(limitedPart('::ffff:10.0.0.2'));
});
