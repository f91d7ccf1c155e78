import { hourlyCostMicroUsd } from '../pricing/token-cost.ts';
import type { HostCosts } from './host-costs.ts';

export interface HostProfit {
  readonly machineMicroUsd: bigint;
  readonly energyMicroUsd: bigint;
  readonly gasMicroUsd: bigint;
  readonly stakeMicroUsd: bigint;
  /** Below zero when it costs more than it takes in. */
  readonly profitMicroUsd: bigint;
}

const hourMs = 3_600_000n;

/** Costs of a machine that runs for so long, each rounded up; its energy is that of work, idle or not: an upper bound. */
export function profitOf(revenueMicroUsd: bigint, costs: HostCosts, runsMs: number): HostProfit {
  const machineMicroUsd = overTime(costs.perHourMicroUsd, runsMs);
  const { perKwhMicroUsd, watts, gasMicroUsd, stakeMicroUsd } = costs;
  const energyMicroUsd = overTime(hourlyCostMicroUsd({ perHourMicroUsd: 0n, perKwhMicroUsd, watts }), runsMs);
  const spent = machineMicroUsd + energyMicroUsd + gasMicroUsd + stakeMicroUsd;
  return { machineMicroUsd, energyMicroUsd, gasMicroUsd, stakeMicroUsd, profitMicroUsd: revenueMicroUsd - spent };
}

function overTime(perHourMicroUsd: bigint, lastsMs: number): bigint {
  return (perHourMicroUsd * BigInt(lastsMs) + hourMs - 1n) / hourMs;
}
