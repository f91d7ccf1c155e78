import type { EvidenceSource } from '../api/proficiency.ts';

export interface ProficiencySettings {
  /** How many verified outcomes the declaration of an agent is worth. */
  readonly priorWeight: number;
  /** After this long an outcome counts half. */
  readonly halfLifeMs: number;
}

/** Outcomes from one source, for one capability of one agent. */
export interface Tally {
  /** Weighted sums as of `atMs`; older outcomes have faded in them. */
  good: number;
  bad: number;
  /** Wall-clock time of the newest outcome. */
  atMs: number;
  /** How many there were in all. */
  goodCount: number;
  badCount: number;
}

export type Tallies = Map<EvidenceSource, Tally>;

/**
 * How much one outcome says: that an output has the right form says less than that it is right; and when two agents
 * disagree, one of them is wrong and nobody knows which. That what a receipt states is possible says little; that it is not,
 * says that it is a lie.
 */
const weights: Record<EvidenceSource, { readonly good: number; readonly bad: number }> = {
  schema: { good: 0.25, bad: 0.25 },
  canary: { good: 1, bad: 1 },
  check: { good: 1, bad: 1 },
  rerun: { good: 1, bad: 0.5 },
  receipt: { good: 0.1, bad: 1 },
  completion: { good: 1, bad: 1 },
};

/** Adds one outcome. A clock that was put back fades nothing. */
export function count(
  tallies: Tallies,
  source: EvidenceSource,
  good: boolean,
  nowMs: number,
  halfLifeMs: number,
): void {
  let tally = tallies.get(source);
  if (!tally) tallies.set(source, (tally = { good: 0, bad: 0, atMs: nowMs, goodCount: 0, badCount: 0 }));
  const kept = fading(tally, nowMs, halfLifeMs);
  tally.good = tally.good * kept + (good ? weights[source].good : 0);
  tally.bad = tally.bad * kept + (good ? 0 : weights[source].bad);
  tally.atMs = Math.max(tally.atMs, nowMs);
  if (good) tally.goodCount += 1;
  else tally.badCount += 1;
}

export interface Estimate {
  /** Share of what was verified that was good; undefined while nothing was. */
  readonly learned: number | undefined;
  readonly blend: number;
  readonly reliability: number;
}

/**
 * The mean of a Beta posterior (Jøsang and Ismail 2002): the prior is what the agent declares, worth `priorWeight`
 * outcomes; every verified outcome adds its weight, which halves with each half-life. So a declaration is believed at
 * first, outweighed by what happens, and believed again when that is long ago. Completion moves reliability alone.
 */
export function estimate(
  declared: number,
  tallies: Tallies | undefined,
  nowMs: number,
  { priorWeight, halfLifeMs }: ProficiencySettings,
): Estimate {
  let [good, bad, completed, failed] = [0, 0, 0, 0];
  for (const [source, tally] of tallies ?? []) {
    const kept = fading(tally, nowMs, halfLifeMs);
    if (source === 'completion') [completed, failed] = [tally.good * kept, tally.bad * kept];
    else [good, bad] = [good + tally.good * kept, bad + tally.bad * kept];
  }
  return {
    learned: good + bad > 0 ? good / (good + bad) : undefined,
    blend: (declared * priorWeight + good) / (priorWeight + good + bad),
    reliability: (priorWeight + completed) / (priorWeight + completed + failed),
  };
}

function fading({ atMs }: Tally, nowMs: number, halfLifeMs: number): number {
  return 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs);
}
