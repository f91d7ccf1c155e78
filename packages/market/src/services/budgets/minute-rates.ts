import { RateLimited, type Clock, type ReeveError } from '@reeve/kernel';
import { fullBucket, takeToken, type RateBucket, type RateDecision } from '@reeve/platform';
import type { Budget } from './budget.ts';

const perMinute = (amount: number) => ({ capacity: amount, perSecond: amount / 60 });

/** Of what there is a minute's worth. */
export type Counted = 'requests' | 'tokens';

/** What a request took, and what is left of the narrowest limits. */
export interface TakenRates {
  readonly left: Readonly<Partial<Record<Counted, RateDecision>>>;
  /** Why it has to wait, having taken nothing. */
  readonly refused?: ReeveError;
  /** The request used so many tokens, in the place of those that were taken for it. */
  used(tokens: number): void;
}

/**
 * Requests and tokens of a minute, for each key and tenant, in buckets that refill all the time. What a request may use is
 * taken before, and corrected when it is known; a bucket that owes something refills from there. In memory: after a
 * restart a minute begins anew.
 */
export class MinuteRates {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #buckets = new Map<string, RateBucket>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  forget(subject: string): void {
    for (const counted of ['requests', 'tokens'] as const) this.#buckets.delete(`${counted} ${subject}`);
  }

  /** @param tokens that the request may use at most. @returns undefined where there is no limit */
  take(budgets: readonly Budget[], tokens: () => number): TakenRates | undefined {
    const taken: { bucket: RateBucket; counted: Counted; amount: number }[] = [];
    const left: Partial<Record<Counted, RateDecision>> = {};
    for (const { counted, subject, limit } of limitsOf(budgets)) {
      const bucket = this.#bucket(`${counted} ${subject}`, limit);
      // What is more than a minute's worth waits for a whole minute: otherwise it would never be let through.
      const amount = counted === 'requests' ? 1 : Math.min(tokens(), limit);
      const decision = takeToken(bucket, perMinute(limit), this.#clock.monotonicMs(), amount);
      const known = left[counted];
      if (known === undefined || decision.remaining < known.remaining) left[counted] = decision;
      if (!decision.allowed) {
        for (const { bucket: other, amount: back } of taken) other.tokens += back;
        return { left, refused: tooMany(counted, subject, amount, decision), used: nothing };
      }
      taken.push({ bucket, counted, amount });
    }
    if (taken.length === 0) return undefined;
    const used = (actual: number): void => {
      for (const { bucket, counted, amount } of taken) if (counted === 'tokens') bucket.tokens += amount - actual;
    };
    return { left, used };
  }

  #bucket(name: string, limit: number): RateBucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) this.#buckets.set(name, (bucket = fullBucket(perMinute(limit), this.#clock.monotonicMs())));
    return bucket;
  }
}

function nothing(): void {
  // nothing was taken
}

function* limitsOf(budgets: readonly Budget[]): Generator<{ counted: Counted; subject: string; limit: number }> {
  for (const { subject, requestsPerMinute, tokensPerMinute } of budgets) {
    if (requestsPerMinute !== undefined) yield { counted: 'requests', subject, limit: requestsPerMinute };
    if (tokensPerMinute !== undefined) yield { counted: 'tokens', subject, limit: tokensPerMinute };
  }
}

function tooMany(counted: Counted, subject: string, needed: number, { limit, remaining, retryAfterMs }: RateDecision) {
  const asked = counted === 'tokens' ? `; this request may use ${needed}, and ${remaining} are left` : '';
  return RateLimited.error(`${subject} may have ${limit} ${counted} per minute${asked}`, {
    retryAfterMs,
    details: { limit, counted, remaining, needed },
  });
}
