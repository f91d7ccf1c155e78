import { tokenCostPicoUsd } from '@reeve/kernel';
import type { TokenPrice } from '../receipts/dispute.ts';

export const picoPerMicro = 1_000_000n;

export interface TokenCounts {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Exact, in pico-USD. */
export function costPicoUsd({ promptTokens, completionTokens }: TokenCounts, price: TokenPrice): bigint {
  return (
    tokenCostPicoUsd(BigInt(promptTokens), price.inputMicroUsd) +
    tokenCostPicoUsd(BigInt(completionTokens), price.outputMicroUsd)
  );
}

/** Whole micro-USD that hold an amount: what is kept free is rounded up, as what is billed is rounded down. */
export function holdingMicroUsd(picoUsd: bigint): bigint {
  return (picoUsd + picoPerMicro - 1n) / picoPerMicro;
}

const alertPercents = [100, 80, 50] as const;

/** The highest of 50, 80 and 100 % that is reached; 0 below. */
export function reachedPercent(spentMicroUsd: bigint, limitMicroUsd: bigint): number {
  if (limitMicroUsd === 0n) return 0;
  return alertPercents.find((percent) => spentMicroUsd * 100n >= limitMicroUsd * BigInt(percent)) ?? 0;
}
