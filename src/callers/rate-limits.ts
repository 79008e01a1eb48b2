/** Counts rate limits: one token bucket for each client, refilled steadily, in bounded memory. */

/** Seconds until an empty bucket is full. A full bucket allows one minute's requests at once. */
export const WINDOW = 60;

/**
 * An attacker with more addresses evicts the least recently used buckets. That is safe for buckets unused for a
 * minute, because they are full anyway.
 */
const MAX_BUCKETS = 10_000;

/** Tolerance for rounding errors when fractions of a token add up to a whole one. */
const ROUNDING = 1e-6;

interface Bucket {
  tokens: number;
  /** When `tokens` was last updated, in milliseconds. */
  updatedAt: number;
}

/** What a client has left. Times are whole seconds, rounded up. */
export interface LimitState {
  /** Whole requests. */
  readonly remaining: number;
  /** Until one more request is allowed than now; 0 when the bucket is full. */
  readonly untilNext: number;
  readonly untilFull: number;
}

export type RateLimiter = ReturnType<typeof createRateLimiter>;

/**
 * @param perMinute requests allowed, 1 or more.
 * @param clock monotonic, in milliseconds.
 */
export function createRateLimiter(perMinute: number, clock: () => number = () => performance.now()) {
  /** By client, least recently used first. */
  const buckets = new Map<string, Bucket>();
  const perMillisecond = perMinute / (WINDOW * 1000);

  /** Returns the bucket, refilled until now. */
  function bucketOf(client: string): Bucket {
    const now = clock();
    const bucket = buckets.get(client) ?? { tokens: perMinute, updatedAt: now };
    bucket.tokens = Math.min(perMinute, bucket.tokens + (now - bucket.updatedAt) * perMillisecond);
    bucket.updatedAt = now;
    return bucket;
  }

  function keep(client: string, bucket: Bucket): void {
    buckets.delete(client);
    buckets.set(client, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > MAX_BUCKETS && oldest !== undefined) buckets.delete(oldest);
  }

  return {
    perMinute,

    /** Takes the token for one request; returns false when none is left. */
    take(client: string): boolean {
      const bucket = bucketOf(client);
      const isLeft = bucket.tokens >= 1 - ROUNDING;
      if (isLeft) bucket.tokens = Math.max(0, bucket.tokens - 1);
      keep(client, bucket);
      return isLeft;
    },

    /** Returns the token of a request that turned out to be free. */
    giveBack(client: string): void {
      const bucket = bucketOf(client);
      bucket.tokens = Math.min(perMinute, bucket.tokens + 1);
    },

    stateOf(client: string): LimitState {
      const { tokens } = bucketOf(client);
      const remaining = Math.floor(tokens + ROUNDING);
      const secondsFor = (missing: number) =>
        Math.max(0, Math.ceil(missing / perMillisecond / 1000 - ROUNDING));
      return {
        remaining,
        untilNext: remaining === perMinute ? 0 : secondsFor(remaining + 1 - tokens),
        untilFull: secondsFor(perMinute - tokens),
      };
    },

    /** The number of buckets in memory. */
    size: () => buckets.size,
  };
}
