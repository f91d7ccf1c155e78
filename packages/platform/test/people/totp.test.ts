import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeAt, matchingStep, newSeed, seedUri, stepAt } from '../../src/people/totp.ts';

/** `12345678901234567890` of RFC 6238, appendix B, in Base32. */
const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test('[FD-04 access] codes are those of RFC 6238, of which six digits are shown', () => {
  const published: Record<number, string> = {
    59: '94287082',
    1111111109: '07081804',
    1111111111: '14050471',
    1234567890: '89005924',
    2000000000: '69279037',
    20000000000: '65353130',
  };
  for (const [seconds, code] of Object.entries(published))
    expect(codeAt(seed, stepAt(Number(seconds) * 1_000))).toBe(code.slice(2));
});

test('a code counts in its step and the two beside it, and never again once it or a later one was used', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 1e8 }),
      fc.integer({ min: -4, max: 4 }),
      fc.integer({ min: -3, max: 3 }),
      (now, off, used) => {
        const lastUsed = now + used;
        const found = matchingStep(seed, codeAt(seed, now + off), now * 30_000 + 12_345, lastUsed);
        const counts = Math.abs(off) <= 1 && now + off > lastUsed;
        if (counts) expect(found).toBe(now + off);
        // Two steps can have the same code, once in a million times.
        else if (found !== undefined) expect(codeAt(seed, found)).toBe(codeAt(seed, now + off));
      },
    ),
  );
});

test('what is no code is none', () => {
  for (const text of ['', '12345', '1234567', 'abcdef', '١٢٣٤٥٦'])
    expect(matchingStep(seed, text, 59_000, -1)).toBeUndefined();
});

test('seeds have 160 bits, and applications can read them', () => {
  expect(newSeed()).toMatch(/^[A-Z2-7]{32}$/);
  expect(newSeed()).not.toBe(newSeed());
  expect(seedUri(seed, 'ada l')).toBe(
    `otpauth://totp/Reeve%3Aada%20l?secret=${seed}&issuer=Reeve&algorithm=SHA1&digits=6&period=30`,
  );
});
