import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fences } from '../../src/services/fences.ts';

test('[LD-03 lease] fences grow over leases and starts, and are whole numbers that JSON carries exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }), (leasesPerStart) => {
      let newest = 0;
      for (const [start, leases] of leasesPerStart.entries()) {
        const fences = new Fences(start + 1);
        for (let count = 0; count < leases; count++) {
          const fence = fences.take();
          expect(fence).toBeGreaterThan(newest);
          expect(JSON.parse(JSON.stringify(fence))).toBe(fence);
          newest = fence;
        }
      }
    }),
  );
});

test('[LD-03 lease] two million starts fit before a fence is no safe integer any more', () => {
  const last = new Fences(2 ** 21 - 1);
  expect(Number.isSafeInteger(last.take())).toBe(true);
});
