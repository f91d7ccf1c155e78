import { billableMicroUsd } from '@reeve/kernel';
import type { ReplayNode } from './fleet.ts';

export interface NodeReport {
  readonly node: string;
  readonly served: number;
  readonly revenueMicroUsd: string;
  /** Share of its slots that was busy, 0..1, over the whole time. */
  readonly utilisation: number;
}

/** What came of traffic. Amounts are rounded down once per sum. */
export interface ReplayReport {
  readonly durationMs: number;
  readonly served: number;
  /** Waited for longer than allowed, or nobody serves their model. */
  readonly lost: number;
  readonly meanWaitMs: number;
  readonly revenueMicroUsd: string;
  readonly priceChanges: number;
  readonly nodes: readonly NodeReport[];
}

interface Totals {
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  readonly served: number;
  readonly lost: number;
  readonly waitedMs: number;
}

export function reportOf(fleet: readonly ReplayNode[], totals: Totals, priceChanges: number): ReplayReport {
  const durationMs = totals.endedAtMs - totals.beganAtMs;
  const picoUsd = fleet.reduce((sum, node) => sum + node.picoUsd, 0n);
  return {
    durationMs,
    served: totals.served,
    lost: totals.lost,
    meanWaitMs: totals.served === 0 ? 0 : Math.round(totals.waitedMs / totals.served),
    revenueMicroUsd: `${billableMicroUsd(picoUsd)}`,
    priceChanges,
    nodes: fleet.map(({ name, served, picoUsd: earned, busyMs, slots }) => ({
      node: name,
      served,
      revenueMicroUsd: `${billableMicroUsd(earned)}`,
      utilisation: durationMs === 0 ? 0 : Math.round((busyMs / (durationMs * slots)) * 10_000) / 10_000,
    })),
  };
}
