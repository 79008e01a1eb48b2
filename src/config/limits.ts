/** Settings for rate limits, and for finding a client's address. */

import type { Reader } from './reader.ts';

export interface LimitsConfig {
  /** Requests per minute and client; 0 for no limit. */
  readonly reads: number;
  readonly writes: number;
  /** How many proxies in front of the service append to X-Forwarded-For. */
  readonly proxies: number;
}

export function parseLimits(read: Reader): LimitsConfig {
  return {
    reads: read.integer('RATE_LIMIT_READS', 0, 0, 1_000_000),
    writes: read.integer('RATE_LIMIT_WRITES', 0, 0, 1_000_000),
    proxies: read.integer('TRUST_PROXY', 0, 0, 10),
  };
}
