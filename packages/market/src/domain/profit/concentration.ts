/** How much of a sum is in how few hands. */
export interface Concentration {
  /** With a part of their own above 0. */
  readonly holders: number;
  /** Share of the tenth of the holders, rounded up, that has most; 0..1. */
  readonly topTenthShare: number;
  /**
   * Herfindahl–Hirschman index, the sum of the squares of shares in percent: 10,000 is one holder; above 1,800 a market is
   * highly concentrated (Merger Guidelines of the U.S. Department of Justice and the FTC, 2023, 2.1).
   */
  readonly herfindahl: number;
}

/** Of amounts in any order; exact up to the last rounding. */
export function concentrationOf(amounts: readonly bigint[]): Concentration {
  const held = amounts.filter((amount) => amount > 0n).sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
  const total = sum(held);
  if (total === 0n) return { holders: 0, topTenthShare: 0, herfindahl: 0 };
  const top = sum(held.slice(0, Math.ceil(held.length / 10)));
  const squares = sum(held.map((amount) => amount * amount));
  return {
    holders: held.length,
    topTenthShare: Number((top * 10_000n) / total) / 10_000,
    herfindahl: Number((squares * 10_000n) / (total * total)),
  };
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
