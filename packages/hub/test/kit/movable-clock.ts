import type { Clock } from '@reeve/kernel';
import type { HubUnderTest } from './start-hub.ts';
import { submit } from './tasks.ts';
import { taskIn } from './waiting.ts';

/** A clock that a test moves: what would take a minute, or a race with a busy machine, is over when the test says so. */
export class MovableClock implements Clock {
  #wallMs = 0;
  #monotonicMs = 0;

  nowMs(): number {
    return Date.now() + this.#wallMs;
  }
  monotonicMs(): number {
    return performance.now() + this.#monotonicMs;
  }

  /** Somebody sets the wall clock, forward or back. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  /** So much time passes, for both clocks. */
  advance(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }
}

/** Moves the wall clock by a minute, and resolves when the hub has looked at all its times since. */
export async function wheelsHaveTurned(hub: HubUnderTest, clock: MovableClock): Promise<void> {
  const minuteMs = 60_000;
  const due = await submit(hub, { requires: [{ name: 'nobody' }], deadlineAtMs: clock.nowMs() + minuteMs });
  clock.jump(minuteMs);
  await taskIn(hub, due, 'expired');
}
