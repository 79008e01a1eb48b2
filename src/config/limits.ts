/** How much one caller may ask, and how one is told from another by address. */

import type { Reader } from './reader.ts';

export interface LimitsConfig {
  /** Requests a minute of each caller; 0 where there is no limit. */
  readonly reads: number;
  readonly writes: number;
  /** How many proxies stand before the service, each of which adds to X-Forwarded-For. */
  readonly proxies: number;
}

export function parseLimits(read: Reader): LimitsConfig {
  return {
    reads: read.integer('RATE_LIMIT_READS', 0, 0, 1_000_000),
    writes: read.integer('RATE_LIMIT_WRITES', 0, 0, 1_000_000),
    proxies: read.integer('TRUST_PROXY', 0, 0, 10),
  };
}
