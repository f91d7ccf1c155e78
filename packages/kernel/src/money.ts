/** An amount in the smallest unit of its currency; never a float. */
export interface Money {
  readonly amount: bigint;
  readonly currency: Currency;
}

/** `microUsd`: 10⁻⁶ USD, what is billed. `picoUsd`: 10⁻¹² USD, what tokens × price per million tokens accumulate in. */
export type Currency = 'microUsd' | 'picoUsd';

const picoPerMicro = 1_000_000n;

/** Cost of `tokens` at a price in micro-USD per million tokens, exact, in pico-USD. */
export function tokenCostPicoUsd(tokens: bigint, priceMicroUsdPerMillion: bigint): bigint {
  return tokens * priceMicroUsdPerMillion;
}

/** Pico-USD to whole micro-USD, rounded down: a bill may only under-count. Amounts are never negative. */
export function billableMicroUsd(picoUsd: bigint): bigint {
  if (picoUsd < 0n) throw new RangeError('a cost cannot be negative');
  return picoUsd / picoPerMicro;
}

/** Adds amounts of one currency. @throws TypeError when the currencies differ. */
export function addMoney(a: Money, b: Money): Money {
  if (a.currency !== b.currency) throw new TypeError(`cannot add ${b.currency} to ${a.currency}`);
  return { amount: a.amount + b.amount, currency: a.currency };
}

/** For people: `1.50 USD`, `0.000012 USD`; at least two decimals, trailing zeros cut. */
export function formatMoney(money: Money): string {
  const decimals = money.currency === 'microUsd' ? 6 : 12;
  const sign = money.amount < 0n ? '-' : '';
  const digits = (money.amount < 0n ? -money.amount : money.amount).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, -decimals);
  const fraction = digits.slice(-decimals).replace(/0+$/, '').padEnd(2, '0');
  return `${sign}${whole}.${fraction} USD`;
}
