import type { Clock } from '@reeve/kernel';

/** The wall-clock time of the start, carried on by the monotonic clock: what is ordered by it no jump of the clock reorders. */
export class SteadyTime {
  readonly #clock: Clock;
  readonly #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.nowMs() - clock.monotonicMs();
  }

  nowMs(): number {
    return this.#offsetMs + this.#clock.monotonicMs();
  }
}
