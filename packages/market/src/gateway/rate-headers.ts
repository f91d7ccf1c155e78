import type { HeaderSink } from '@reeve/platform';
import type { Counted, TakenRates } from '../services/budgets/minute-rates.ts';

/** As OpenAI's API tells what is left of the limits of a minute. */
export function writeRateHeaders(headers: HeaderSink, { left }: TakenRates): void {
  for (const counted of ['requests', 'tokens'] as const satisfies readonly Counted[]) {
    const decision = left[counted];
    if (decision === undefined) continue;
    headers.header(`x-ratelimit-limit-${counted}`, decision.limit);
    headers.header(`x-ratelimit-remaining-${counted}`, decision.remaining);
    headers.header(`x-ratelimit-reset-${counted}`, durationText(decision.resetMs));
  }
}

/** `20ms`, `7.5s`, `1m0s`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1_000}s`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
