export type BreakerState = 'closed' | 'open' | 'halfOpen';

export interface BreakerSettings {
  /** Tasks that have to fail one after the other before it opens. */
  readonly failures: number;
  readonly initialPauseMs: number;
  readonly maxPauseMs: number;
}

/**
 * The circuit breaker of an agent. Closed, it gets work; open, it gets none for a pause; half-open, one task at a time to
 * try it. A probe that succeeds closes it; one that fails opens it for twice as long.
 *
 * It counts failures of the agent, not of tasks: those that another agent might not have (it vanished, ran out of time,
 * broke the stream, failed in a way it calls retryable, delivered what its verifier refuses). What it calls permanent says
 * something about the input, and counts neither way. And it counts different tasks in a row: one poisonous task, however
 * often it is tried, opens nothing.
 */
export interface Breaker {
  state: BreakerState;
  /** Tasks that failed on it since anything succeeded. */
  readonly failed: Set<string>;
  /** How often it opened since it was closed last. */
  openings: number;
  /** On the monotonic clock: when an open one becomes half-open. */
  opensUntilMs: number;
  /** The same on the wall clock as it was then, for people. */
  retryAtMs: number | undefined;
}

/** As the record has it: an agent that was open when the hub went down is tried with one task first. */
export function newBreaker(openings: number): Breaker {
  return {
    state: openings > 0 ? 'halfOpen' : 'closed',
    failed: new Set(),
    openings,
    opensUntilMs: 0,
    retryAtMs: undefined,
  };
}

/** An attempt failed by the agent. @returns whether the breaker opened. */
export function countFailure(breaker: Breaker, taskId: string, settings: BreakerSettings, nowMs: number): boolean {
  if (breaker.state === 'open') return false; // of an attempt that began before
  breaker.failed.add(taskId);
  if (breaker.state === 'closed' && breaker.failed.size < settings.failures) return false;
  breaker.state = 'open';
  breaker.opensUntilMs = nowMs + pauseMs(breaker.openings, settings);
  breaker.openings += 1;
  return true;
}

/** An attempt succeeded. @returns whether the breaker closed. */
export function countSuccess(breaker: Breaker): boolean {
  breaker.failed.clear();
  if (breaker.state !== 'halfOpen') return false;
  breaker.state = 'closed';
  breaker.openings = 0;
  return true;
}

/** @returns whether the breaker became half-open, because its pause is over. */
export function endPause(breaker: Breaker, nowMs: number): boolean {
  if (breaker.state !== 'open' || nowMs < breaker.opensUntilMs) return false;
  breaker.state = 'halfOpen';
  return true;
}

function pauseMs(openings: number, { initialPauseMs, maxPauseMs }: BreakerSettings): number {
  return Math.min(maxPauseMs, initialPauseMs * 2 ** openings);
}
