import { systemClock } from '@reeve/kernel';

/** A clock whose two times a test moves. */
export function movableClock() {
  const moved = { wallMs: 0, monotonicMs: 0 };
  const clock = {
    nowMs: () => systemClock.nowMs() + moved.wallMs,
    monotonicMs: () => systemClock.monotonicMs() + moved.monotonicMs,
  };
  return { clock, moved };
}
