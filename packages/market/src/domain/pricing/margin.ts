import type { TokenPrice } from '../receipts/dispute.ts';

/** Below this on top of the cost nothing is sold. */
export const marginPercent = 30n;

/** Rounded up: a price may not come to less than was meant. */
export function withPercent(amount: bigint, percent: bigint): bigint {
  return (amount * (100n + percent) + 99n) / 100n;
}

/** The profitable minimum: cost and margin. */
export function floorOf(cost: TokenPrice): TokenPrice {
  return {
    inputMicroUsd: withPercent(cost.inputMicroUsd, marginPercent),
    outputMicroUsd: withPercent(cost.outputMicroUsd, marginPercent),
  };
}
