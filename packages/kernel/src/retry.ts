/** How a failed attempt is tried again: exponential from `initialDelayMs`, capped, with full or partial jitter. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  /** Share of the delay that is random: 0 none, 1 anything between nothing and the whole delay. */
  readonly jitter: number;
}

/** Three attempts from one second (FD-02). */
export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 3,
  initialDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 60_000,
  jitter: 0.5,
};

export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly reason: 'permanent' | 'exhausted' };

/**
 * Whether attempt number `attempt` (from 1), which just failed, is followed by another, and after which delay.
 * A permanent failure is never tried again, whatever attempts are left.
 */
export function decideRetry(policy: RetryPolicy, attempt: number, retryable: boolean, random: number): RetryDecision {
  if (!retryable) return { retry: false, reason: 'permanent' };
  if (attempt >= policy.maxAttempts) return { retry: false, reason: 'exhausted' };
  return { retry: true, delayMs: backoffDelayMs(policy, attempt, random) };
}

/** Delay after failed attempt number `attempt` (from 1); `random` in [0, 1). */
export function backoffDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const grown = policy.initialDelayMs * policy.factor ** (attempt - 1);
  const capped = Math.min(grown, policy.maxDelayMs);
  return Math.round(capped * (1 - policy.jitter * random));
}
