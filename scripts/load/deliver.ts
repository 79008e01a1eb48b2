/** Sends one row until its fate is known. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from './verdict.ts';

/** What became of a row; `undefined` when the run stopped before that was known. */
export type Fate = Exclude<Verdict, { readonly kind: 'again' }> | undefined;

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
const SPREAD_MS = 200;

/**
 * Calls `send` until its verdict is another than `again`, waiting as long as the service asked for or else longer each
 * time. Once `stop` is aborted a call under way is still awaited, but none is repeated.
 */
export async function deliver(
  send: () => Promise<Verdict>,
  stop: AbortSignal,
  onTrouble: (reason: string) => void,
): Promise<Fate> {
  for (let attempt = 0; ; attempt += 1) {
    const verdict = await send();
    if (verdict.kind !== 'again') return verdict;
    onTrouble(verdict.reason);
    try {
      await sleep(waitMs(attempt, verdict.afterMs), undefined, { signal: stop });
    } catch {
      return undefined;
    }
  }
}

/** Milliseconds before the next attempt, spread by chance so that rows that failed together do not return together. */
export function waitMs(attempt: number, askedMs: number | undefined): number {
  // A longer delay than a timer can hold would end at once; the run's patience ends long before.
  if (askedMs !== undefined) return Math.min(askedMs, 2 ** 31 - 1 - SPREAD_MS) + Math.random() * SPREAD_MS;
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return longest * (0.5 + Math.random() / 2);
}
