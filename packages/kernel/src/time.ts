/**
 * Where time comes from. `nowMs` is the wall clock (epoch milliseconds): it may jump and is only for what people and
 * other machines see. `monotonicMs` never goes back: everything that waits or expires in memory uses it.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `250ms`, `30s`, `5m`, `24h`, `7d` as milliseconds; `undefined` when the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * unitMs[match[2]!]!);
}

/** Writes milliseconds for people: `250ms`, `1.5s`, `3m`, `2h`, `7d`. */
export function formatDurationMs(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = unitMs[unit]!;
    if (Math.abs(ms) >= size) return `${Number((ms / size).toFixed(1))}${unit}`;
  }
  return `${Math.round(ms)}ms`;
}
