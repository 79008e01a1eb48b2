/** Sends one row, with retries, until it succeeds or is rejected. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from './verdict.ts';

/** The outcome of a row; undefined when the run stopped first. */
export type Outcome = Exclude<Verdict, { readonly kind: 'retry' }> | undefined;

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;
const JITTER_MS = 200;

/**
 * Calls `send` until its verdict is not `retry`. Waits for the time in `Retry-After` between two
 * attempts, or with exponential backoff. After `stop` is aborted, a request in flight is still
 * awaited, but none is retried.
 */
export async function deliver(
  send: () => Promise<Verdict>,
  stop: AbortSignal,
  onTrouble: (reason: string) => void,
): Promise<Outcome> {
  for (let attempt = 0; ; attempt += 1) {
    const verdict = await send();
    if (verdict.kind !== 'retry') return verdict;
    onTrouble(verdict.reason);
    try {
      await sleep(waitMs(attempt, verdict.afterMs), undefined, { signal: stop });
    } catch {
      return undefined;
    }
  }
}

/**
 * Returns the milliseconds before the next attempt, with jitter so that rows that failed together
 * spread out.
 */
export function waitMs(attempt: number, askedMs: number | undefined): number {
  // A timer fires at once when its delay exceeds 31 bits. The stall timeout ends the run long
  // before.
  if (askedMs !== undefined) return Math.min(askedMs, 2 ** 31 - 1 - JITTER_MS) + Math.random() * JITTER_MS;
  const max = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return max * (0.5 + Math.random() / 2);
}
