/** What kept a price from what the model wanted; `none` when nothing did. */
export type PriceBound = 'none' | 'cap' | 'floor' | 'deadBand';

export interface PriceLimits {
  /** The prices that were in force within the last hour, with the one of now; never empty. */
  readonly recent: readonly bigint[];
  readonly floor: bigint;
}

export interface BoundedPrice {
  readonly price: bigint;
  readonly bound: PriceBound;
}

/**
 * The price nearest to the one wanted that keeps within 20 % of every price of the last hour and is not below the floor.
 * The floor goes before the cap: cost that rises faster is passed on at once, since the node would sell at a loss
 * otherwise. A change of less than 1 % is none, unless it is the floor that asks for it.
 */
export function boundedPrice(wanted: bigint, own: bigint, { recent, floor }: PriceLimits): BoundedPrice {
  const capped = withinCap(wanted, own, recent);
  const price = capped < floor ? floor : capped;
  if (price !== own && own >= floor && isWithinDeadBand(price, own)) return { price: own, bound: 'deadBand' };
  if (price !== capped) return { price, bound: 'floor' };
  return { price, bound: capped === wanted ? 'none' : 'cap' };
}

/** Whole micro-USD that lie within 20 % of all of them; where there are none, because the floor had moved, it stays. */
function withinCap(wanted: bigint, own: bigint, recent: readonly bigint[]): bigint {
  const [lowest, highest] = [recent.reduce(least), recent.reduce(most)];
  const ceiling = (lowest * 120n) / 100n;
  const bottom = (highest * 80n + 99n) / 100n;
  return bottom > ceiling ? own : most(bottom, least(ceiling, wanted));
}

function isWithinDeadBand(price: bigint, own: bigint): boolean {
  const change = price < own ? own - price : price - own;
  return change * 100n < own;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
