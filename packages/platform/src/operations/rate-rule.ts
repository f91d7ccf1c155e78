/** A token bucket: `capacity` requests at once, refilled at `perSecond`. */
export interface RateLimit {
  readonly capacity: number;
  readonly perSecond: number;
}

export interface RateBucket {
  tokens: number;
  /** Monotonic time up to which the bucket has been refilled. */
  refilledAtMs: number;
}

export interface RateDecision {
  readonly allowed: boolean;
  readonly limit: number;
  /** Whole requests that could follow at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
  /** Until what was asked for is possible; 0 when allowed. */
  readonly retryAfterMs: number;
}

export function fullBucket(limit: RateLimit, nowMs: number): RateBucket {
  return { tokens: limit.capacity, refilledAtMs: nowMs };
}

/**
 * Takes so many tokens if they are there; changes `bucket` in place. A clock that steps back refills nothing and starts from
 * the earlier time; one that jumps ahead fills the bucket at most to its capacity.
 */
export function takeToken(bucket: RateBucket, limit: RateLimit, nowMs: number, amount = 1): RateDecision {
  const elapsedMs = Math.max(0, nowMs - bucket.refilledAtMs);
  bucket.tokens = Math.min(limit.capacity, bucket.tokens + (elapsedMs * limit.perSecond) / 1_000);
  bucket.refilledAtMs = nowMs;
  const allowed = bucket.tokens >= amount;
  if (allowed) bucket.tokens -= amount;
  return {
    allowed,
    limit: limit.capacity,
    remaining: Math.floor(bucket.tokens),
    resetMs: msToGain(limit.capacity - bucket.tokens, limit),
    retryAfterMs: allowed ? 0 : msToGain(amount - bucket.tokens, limit),
  };
}

function msToGain(tokens: number, limit: RateLimit): number {
  return Math.ceil((tokens * 1_000) / limit.perSecond);
}
