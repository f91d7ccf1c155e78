import { RateLimited, type Clock } from '@reeve/kernel';
import { BucketTable } from '../operations/rate-limiter.ts';
import { takeToken } from '../operations/rate-rule.ts';

/** Five at once, then one in 30 seconds: a million codes take a year, and a person who mistypes hardly waits. */
const limit = { capacity: 5, perSecond: 1 / 30 };
const namesPerGeneration = 10_000;

/** Counts tries of passwords and codes by whom they are for, wherever they come from. */
export class Attempts {
  readonly #clock: Clock;
  readonly #buckets = new BucketTable(namesPerGeneration);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws RateLimited */
  take(what: 'password' | 'code', name: string): void {
    const nowMs = this.#clock.monotonicMs();
    const decision = takeToken(this.#buckets.bucket(`${what} ${name}`, limit, nowMs), limit, nowMs);
    if (decision.allowed) return;
    throw RateLimited.error(`too many tries; the next is possible in ${decision.retryAfterMs} ms`, {
      retryAfterMs: decision.retryAfterMs,
    });
  }
}
