import type { Handler } from '@reeve/hub/api';

/** Counts how busy a node is and what it takes in, since the last time it was asked. */
export class LiveLoad {
  readonly #nowMs: () => number;
  #running = 0;
  #busyMs = 0;
  #countedAtMs: number;
  #picoUsd = 0n;

  /** @param nowMs of a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#countedAtMs = nowMs();
  }

  /** The same handler, whose attempts are counted from their beginning to their end. */
  counted(handler: Handler): Handler {
    return async (input, context) => {
      this.#count();
      this.#running += 1;
      try {
        return await handler(input, context);
      } finally {
        this.#count();
        this.#running -= 1;
      }
    };
  }

  earned(picoUsd: bigint): void {
    this.#picoUsd += picoUsd;
  }

  /** Busy milliseconds of all slots together, and what was earned, from the beginning. */
  totals(): { busyMs: number; picoUsd: bigint } {
    this.#count();
    return { busyMs: Math.round(this.#busyMs), picoUsd: this.#picoUsd };
  }

  #count(): void {
    const nowMs = this.#nowMs();
    this.#busyMs += this.#running * (nowMs - this.#countedAtMs);
    this.#countedAtMs = nowMs;
  }
}
