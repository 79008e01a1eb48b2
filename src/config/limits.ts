/** Settings for rate limits, and for finding a client's address. */

import type { Reader } from './reader.ts';

export interface LimitsConfig {
  /** Requests per minute and client; 0 for no limit. */
  readonly reads: number;
  readonly writes: number;
  /** Rows of batches per minute and client; 0 for no limit. */
  readonly rows: number;
  /** How many proxies in front of the service append to X-Forwarded-For. */
  readonly proxies: number;
}

export function parseLimits(read: Reader): LimitsConfig {
  return {
    reads: read.integer('RATE_LIMIT_READS', 0, 0, 1_000_000),
    writes: read.integer('RATE_LIMIT_WRITES', 0, 0, 1_000_000),
    rows: readRows(read),
    proxies: read.integer('TRUST_PROXY', 0, 0, 10),
  };
}

/** A full batch: a smaller limit would always reject it. */
export const MIN_ROWS = 1000;

function readRows(read: Reader): number {
  const rows = read.integer('RATE_LIMIT_ROWS', 0, 0, 10_000_000);
  if (rows > 0 && rows < MIN_ROWS)
    read.fault('RATE_LIMIT_ROWS', `must be 0, or at least ${MIN_ROWS} for a full batch, was "${rows}"`);
  return rows;
}
