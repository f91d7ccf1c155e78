import { formatDurationMs } from '@reeve/kernel';

/** `3m ago`, `in 2h`, `now`; a date for what is more than a week away. */
export function relativeTime(atMs: number, nowMs: number): string {
  const awayMs = atMs - nowMs;
  const distanceMs = Math.abs(awayMs);
  if (distanceMs < 1_000) return 'now';
  if (distanceMs > 7 * 86_400_000) return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
  const text = formatDurationMs(coarse(distanceMs));
  return awayMs < 0 ? `${text} ago` : `in ${text}`;
}

/** Whole units only: nobody wants to know of 3.4 hours ago. */
function coarse(ms: number): number {
  for (const unitMs of [86_400_000, 3_600_000, 60_000, 1_000]) {
    if (ms >= unitMs) return Math.floor(ms / unitMs) * unitMs;
  }
  return ms;
}
