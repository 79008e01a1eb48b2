/** Budgets of requests: a bucket of tokens for each who calls, filled steadily, and room for so many buckets only. */

/** Seconds in which an empty bucket fills up; a full one is a minute's requests at once. */
export const WINDOW = 60;

/**
 * Buckets kept at most. Whoever has more addresses than these makes the ones forgotten that were used longest ago; a
 * bucket that was not used for a minute is full, so forgetting it gives nothing away.
 */
const BUCKETS_AT_MOST = 10_000;

/** What a sum of many small parts may lack of a whole token. */
const ROUNDING = 1e-6;

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds. */
  at: number;
}

/** How a budget stands; times are whole seconds, rounded up. */
export interface BudgetState {
  /** Whole requests that are left. */
  readonly remaining: number;
  /** Until one request more is possible than now; 0 when the budget is full. */
  readonly untilNext: number;
  readonly untilFull: number;
}

export type Budgets = ReturnType<typeof createBudgets>;

/**
 * @param perMinute requests; 1 at least
 * @param clock milliseconds that only grow
 */
export function createBudgets(perMinute: number, clock: () => number = () => performance.now()) {
  /** The longest unused first. */
  const buckets = new Map<string, Bucket>();
  const perMillisecond = perMinute / (WINDOW * 1000);

  /** The bucket as it is now. */
  function bucketOf(who: string): Bucket {
    const now = clock();
    const bucket = buckets.get(who) ?? { tokens: perMinute, at: now };
    bucket.tokens = Math.min(perMinute, bucket.tokens + (now - bucket.at) * perMillisecond);
    bucket.at = now;
    return bucket;
  }

  function keep(who: string, bucket: Bucket): void {
    buckets.delete(who);
    buckets.set(who, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > BUCKETS_AT_MOST && oldest !== undefined) buckets.delete(oldest);
  }

  return {
    perMinute,

    /** Takes a request's token; false when there is none. */
    take(who: string): boolean {
      const bucket = bucketOf(who);
      const isLeft = bucket.tokens >= 1 - ROUNDING;
      if (isLeft) bucket.tokens = Math.max(0, bucket.tokens - 1);
      keep(who, bucket);
      return isLeft;
    },

    /** Gives back what a request took that turned out to cost nothing. */
    giveBack(who: string): void {
      const bucket = bucketOf(who);
      bucket.tokens = Math.min(perMinute, bucket.tokens + 1);
    },

    stateOf(who: string): BudgetState {
      const { tokens } = bucketOf(who);
      const remaining = Math.floor(tokens + ROUNDING);
      const secondsFor = (missing: number) =>
        Math.max(0, Math.ceil(missing / perMillisecond / 1000 - ROUNDING));
      return {
        remaining,
        untilNext: remaining === perMinute ? 0 : secondsFor(remaining + 1 - tokens),
        untilFull: secondsFor(perMinute - tokens),
      };
    },

    /** How many buckets are kept. */
    size: () => buckets.size,
  };
}
