import type { TokenPrice } from '../receipts/dispute.ts';

/** What running a machine costs, as its owner says; amounts in micro-USD. */
export interface RunningCosts {
  readonly perHourMicroUsd: bigint;
  readonly perKwhMicroUsd: bigint;
  /** Drawn while it works. */
  readonly watts: number;
  /** What reading a token costs, in percent of making one; making one is what a benchmark measures. */
  readonly inputPercent: number;
}

const secondsPerHour = 3_600;

/** Of one hour: its price, and `watts / 1000` kWh; rounded up. */
export function hourlyCostMicroUsd({
  perHourMicroUsd,
  perKwhMicroUsd,
  watts,
}: Omit<RunningCosts, 'inputPercent'>): bigint {
  return perHourMicroUsd + (perKwhMicroUsd * BigInt(watts) + 999n) / 1_000n;
}

/**
 * Cost of a million tokens at the speed that was measured with the backend full: an hour's cost over the tokens of an hour,
 * rounded up. Idle hours come on top; see the margin.
 */
export function tokenCost(costs: RunningCosts, tokensPerSecond: number): TokenPrice {
  const milliTokensPerHour = BigInt(Math.max(1, Math.floor(tokensPerSecond * 1_000))) * BigInt(secondsPerHour);
  const output = dividedUp(hourlyCostMicroUsd(costs) * 1_000_000n * 1_000n, milliTokensPerHour);
  return { inputMicroUsd: dividedUp(output * BigInt(costs.inputPercent), 100n), outputMicroUsd: output };
}

function dividedUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}
