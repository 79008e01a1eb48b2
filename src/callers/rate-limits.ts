/** Counts rate limits: one token bucket for each client, refilled steadily, in bounded memory. */

import { randomInt } from 'node:crypto';

/** Seconds until an empty bucket is full. A full bucket allows one minute's requests at once. */
export const WINDOW = 60;

/**
 * An attacker with more addresses evicts buckets, first those that will be full first. The time at which an evicted bucket
 * will be full is kept, shared with other clients in one of {@link SHARED} places, so nobody gets a fresh budget by being
 * evicted. For a minute after such an attack, a new client may find less than a full bucket.
 */
const MAX_BUCKETS = 10_000;
const SHARED = 4096;

/** How many buckets are evicted at once, because finding them takes a look at all. */
const EVICTED = MAX_BUCKETS / 4;

/** Tolerance for rounding errors when fractions of a token add up to a whole one. */
const ROUNDING = 1e-6;

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
 * @param perMinute requests allowed, or rows, 1 or more.
 * @param clock monotonic, in milliseconds.
 */
export function createRateLimiter(perMinute: number, clock: () => number = () => performance.now()) {
  const perToken = (WINDOW * 1000) / perMinute;
  /** When each client's bucket will be full: all there is to know of a bucket. */
  const fullAt = new Map<string, number>();
  const evictedFullAt = new Float64Array(SHARED);
  // Nobody can choose addresses that share a place with a victim.
  const seed = randomInt(2 ** 32);

  function placeOf(client: string): number {
    let hash = seed;
    for (let index = 0; index < client.length; index += 1)
      hash = Math.imul(hash ^ client.charCodeAt(index), 0x01000193);
    return (hash >>> 8) % SHARED;
  }

  /** Milliseconds until the bucket is full. */
  function emptiness(client: string, now: number): number {
    const time = fullAt.get(client) ?? evictedFullAt[placeOf(client)] ?? 0;
    return Math.max(0, time - now);
  }

  function tokensOf(client: string): number {
    return perMinute - emptiness(client, clock()) / perToken;
  }

  function secondsFor(missing: number): number {
    return Math.max(0, Math.ceil((missing * perToken) / 1000 - ROUNDING));
  }

  function evict(now: number): void {
    const byTime = [...fullAt].sort(([, one], [, other]) => one - other);
    for (const [client, time] of byTime.slice(0, EVICTED)) {
      fullAt.delete(client);
      const place = placeOf(client);
      if (time > now) evictedFullAt[place] = Math.max(evictedFullAt[place] ?? 0, time);
    }
  }

  return {
    perMinute,

    /** Takes the tokens of one request; returns false, and takes none, when not so many are left. */
    take(client: string, tokens = 1): boolean {
      const now = clock();
      const isLeft = tokensOf(client) >= tokens - ROUNDING;
      const after = emptiness(client, now) + (isLeft ? tokens * perToken : 0);
      fullAt.set(client, now + Math.min(after, WINDOW * 1000));
      if (fullAt.size > MAX_BUCKETS) evict(now);
      return isLeft;
    },

    /** Returns the tokens of a request that turned out to be free. */
    giveBack(client: string, tokens = 1): void {
      const now = clock();
      const after = emptiness(client, now) - tokens * perToken;
      if (after > 0) fullAt.set(client, now + after);
      else fullAt.delete(client);
    },

    /** Seconds until so many tokens are left. */
    untilLeft: (client: string, tokens: number): number => secondsFor(tokens - tokensOf(client)),

    stateOf(client: string): LimitState {
      const tokens = tokensOf(client);
      const remaining = Math.floor(tokens + ROUNDING);
      return {
        remaining,
        untilNext: remaining === perMinute ? 0 : secondsFor(remaining + 1 - tokens),
        untilFull: secondsFor(perMinute - tokens),
      };
    },

    /** The number of buckets in memory. */
    size: () => fullAt.size,
  };
}
