import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TenantNumbers } from '../../src/domain/tenant-numbers.ts';
import { none, WaitingRows } from '../../src/domain/waiting-rows.ts';

/** Few classes and tenants, so that what was removed comes again; many steps, so that the table grows. */
const steps = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 2_000, size: 'max' });

describe('rows of what waits', () => {
  test('[HB-03] every row is found by its pair, and no other, through growth and removal: compared with a map', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const rows = new WaitingRows(3);
        const expected = new Map<string, number>();
        for (const [step, [a, b]] of drawn.entries()) {
          const key = `${a},${b}`;
          if (expected.delete(key)) rows.remove(rows.find(a, b));
          else {
            rows.set(rows.add(a, b), 2, step);
            expected.set(key, step);
          }
        }
        for (let a = 0; a <= 30; a++) {
          for (let b = 0; b <= 30; b++) {
            const row = rows.find(a, b);
            expect(row === none ? undefined : rows.get(row, 2)).toBe(expected.get(`${a},${b}`));
          }
        }
        expect(rows.count).toBe(expected.size);
      }),
      { numRuns: 30 },
    );
  });

  test('[HB-03] a tenant keeps its number until it is let go as often as it was held, and nobody shares it', () => {
    const tenants = new TenantNumbers();
    const [acme, other] = [tenants.hold('acme'), tenants.hold('other')];
    expect(tenants.hold('acme')).toBe(acme);
    expect(other).not.toBe(acme);
    tenants.letGo(acme);
    expect(tenants.find('acme')).toBe(acme);
    tenants.letGo(acme);
    expect(tenants.find('acme')).toBeUndefined();
    const third = tenants.hold('third');
    expect([tenants.nameOf(third), tenants.nameOf(other)]).toEqual(['third', 'other']);
    expect(third).not.toBe(other);
  });
});
