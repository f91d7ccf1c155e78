import type { TokenPrice } from '../receipts/dispute.ts';
import { boundedPrice, type PriceBound } from './bounds.ts';
import { floorOf } from './margin.ts';
import { sides } from './snapshot.ts';

const hourMs = 3_600_000;

/** A price and since when it is asked. */
export interface PricePoint {
  readonly atMs: number;
  readonly price: TokenPrice;
}

export interface Repricing {
  readonly wanted: TokenPrice;
  readonly price: TokenPrice;
  readonly changed: boolean;
  /** Of input and output. */
  readonly bounds: Readonly<Record<keyof TokenPrice, PriceBound>>;
}

/** Where the price goes from the last point of its history, which has at least one, in the order of time. */
export function reprice(
  wanted: TokenPrice,
  cost: TokenPrice,
  history: readonly PricePoint[],
  nowMs: number,
): Repricing {
  const own = history.at(-1)!.price;
  const recent = recentPoints(history, nowMs);
  const floor = floorOf(cost);
  const [input, output] = sides.map((side) =>
    boundedPrice(wanted[side], own[side], { recent: recent.map(({ price }) => price[side]), floor: floor[side] }),
  );
  const price = { inputMicroUsd: input!.price, outputMicroUsd: output!.price };
  return {
    wanted,
    price,
    changed: sides.some((side) => price[side] !== own[side]),
    bounds: { inputMicroUsd: input!.bound, outputMicroUsd: output!.bound },
  };
}

/** The points that were in force within the last hour: those since, and the one before them. Nothing older is needed. */
export function recentPoints(history: readonly PricePoint[], nowMs: number): readonly PricePoint[] {
  const first = history.findIndex(({ atMs }) => atMs > nowMs - hourMs);
  return first === -1 ? history.slice(-1) : history.slice(Math.max(0, first - 1));
}
