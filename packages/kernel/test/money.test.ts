import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMoney, billableMicroUsd, formatMoney, tokenCostPicoUsd } from '../src/index.ts';

const amounts = fc.bigInt({ min: 0n, max: 10n ** 30n });

test('a bill never counts more than what was used, and less than one micro-dollar less', () => {
  fc.assert(
    fc.property(amounts, amounts, (tokens, price) => {
      const exact = tokenCostPicoUsd(tokens, price);
      const billed = billableMicroUsd(exact) * 1_000_000n;
      expect(billed <= exact && exact - billed < 1_000_000n).toBe(true);
    }),
  );
  expect(() => billableMicroUsd(-1n)).toThrow(RangeError);
});

test('a price per million tokens buys a million tokens', () => {
  expect(billableMicroUsd(tokenCostPicoUsd(1_000_000n, 250_000n))).toBe(250_000n);
});

test('only amounts of one currency are added', () => {
  const micro = { amount: 1n, currency: 'microUsd' } as const;
  expect(addMoney(micro, { amount: 2n, currency: 'microUsd' })).toEqual({ amount: 3n, currency: 'microUsd' });
  expect(() => addMoney(micro, { amount: 2n, currency: 'picoUsd' })).toThrow('cannot add picoUsd to microUsd');
});

test.each([
  [1_500_000n, 'microUsd', '1.50 USD'],
  [12n, 'microUsd', '0.000012 USD'],
  [0n, 'microUsd', '0.00 USD'],
  [-1_250_000n, 'microUsd', '-1.25 USD'],
  [1n, 'picoUsd', '0.000000000001 USD'],
] as const)('%s %s are written as %s', (amount, currency, text) => {
  expect(formatMoney({ amount, currency })).toBe(text);
});

test('what is written for people is exact', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (amount) => {
      const [whole, fraction] = formatMoney({ amount, currency: 'microUsd' }).replace(' USD', '').split('.');
      expect(BigInt(`${whole}${fraction!.padEnd(6, '0')}`)).toBe(amount);
    }),
  );
});
