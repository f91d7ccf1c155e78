/** How a data set is cut into chunks at this moment. */
export interface Pace {
  /** Items of the next chunk. */
  readonly chunkItems: number;
  /** Smoothed time of one item in microseconds; nothing before the first measurement. */
  readonly itemUs: number | undefined;
}

export interface PaceRule {
  /** How long a chunk should take. */
  readonly targetMs: number;
  /** Most items of a chunk. */
  readonly maxItems: number;
}

/** Weight of a new measurement: about the last three count. */
const newWeight = 0.5;
/** What took no time at all by the clock; well below the shortest target, or chunks would not grow towards that. */
const shortestMs = 0.1;
/** One measurement may be a fluke: a chunk is at most so many times as large, or as small, as the one before. */
const mostGrowth = 2;

/** The pace after one chunk was measured: its size moves to where a chunk takes the target duration. */
export function paceAfter(pace: Pace, measured: { items: number; durationMs: number }, rule: PaceRule): Pace {
  const seenUs = (Math.max(shortestMs, measured.durationMs) * 1_000) / measured.items;
  const itemUs = pace.itemUs === undefined ? seenUs : pace.itemUs + (seenUs - pace.itemUs) * newWeight;
  const wanted = (rule.targetMs * 1_000) / itemUs;
  const near = clamp(wanted, pace.chunkItems / mostGrowth, pace.chunkItems * mostGrowth);
  return { chunkItems: clamp(Math.round(near), 1, rule.maxItems), itemUs };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
