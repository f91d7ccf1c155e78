import type { Clock } from '@reeve/kernel';
import { fullBucket, takeToken, type RateBucket, type RateDecision, type RateLimit } from './rate-rule.ts';

export interface RateLimits {
  /** Per API key. */
  readonly identity: RateLimit;
  /** Per address, for requests without a valid key. */
  readonly anonymous: RateLimit;
}

export const defaultRateLimits: RateLimits = {
  identity: { capacity: 20_000, perSecond: 20_000 },
  anonymous: { capacity: 200, perSecond: 100 },
};

/** Identities remembered per generation; see `BucketTable`. */
const identitiesPerGeneration = 20_000;

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  // Two tables, so that a flood of anonymous addresses cannot push out what is known of a key.
  readonly #identities = new BucketTable(identitiesPerGeneration);
  readonly #addresses = new BucketTable(identitiesPerGeneration);

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  takeForIdentity(identity: string): RateDecision {
    return this.#take(this.#identities, identity, this.#limits.identity);
  }

  takeForAddress(address: string): RateDecision {
    return this.#take(this.#addresses, limitedPart(address), this.#limits.anonymous);
  }

  #take(table: BucketTable, name: string, limit: RateLimit): RateDecision {
    const nowMs = this.#clock.monotonicMs();
    return takeToken(table.bucket(name, limit, nowMs), limit, nowMs);
  }
}

/**
 * Buckets in two generations: when the younger is full it becomes the older one, and what nobody asked for in a whole
 * generation is forgotten. So memory is bounded, and a name is forgotten only after that many other names came by.
 */
export class BucketTable {
  readonly #generationSize: number;
  #young = new Map<string, RateBucket>();
  #old = new Map<string, RateBucket>();

  constructor(generationSize: number) {
    this.#generationSize = generationSize;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  bucket(name: string, limit: RateLimit, nowMs: number): RateBucket {
    const known = this.#young.get(name);
    if (known) return known;
    const bucket = this.#old.get(name) ?? fullBucket(limit, nowMs);
    this.#old.delete(name);
    if (this.#young.size >= this.#generationSize) this.#grow();
    this.#young.set(name, bucket);
    return bucket;
  }

  #grow(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}

/** What of an address is limited: an IPv4 address as a whole, of an IPv6 address the /64 that one customer gets. */
export function limitedPart(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  return expandedGroups(address).slice(0, 4).join(':');
}

function expandedGroups(address: string): string[] {
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array.from({ length: missing }, () => '0'), ...right];
}
