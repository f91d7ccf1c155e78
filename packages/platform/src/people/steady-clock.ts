import type { Clock } from '@reeve/kernel';

/**
 * A clock that never goes back: what has expired stays expired when somebody sets the machine's clock back, and what was
 * issued while it was ahead still ends. It follows every jump ahead; from a jump back on it counts by itself.
 */
export function steadyClock(clock: Clock): Pick<Clock, 'nowMs'> {
  let lastMs = clock.nowMs();
  let lastTickMs = clock.monotonicMs();
  return {
    nowMs() {
      const tickMs = clock.monotonicMs();
      lastMs = Math.max(clock.nowMs(), Math.floor(lastMs + tickMs - lastTickMs));
      lastTickMs = tickMs;
      return lastMs;
    },
  };
}
