/** Reads the audit trail from its start to its end, beside a service that writes new entries. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';

/** The shortest pause between two pages, in milliseconds. */
const PAUSE = 10;

/**
 * Yields the entries page by page, in the order of their ids. Rests after each page for as long as it and the work on it
 * took, so at most half of the time goes to them.
 * @param size the entries of one page.
 */
export async function* readTrail(
  trail: AuditTrail,
  size: number,
): AsyncGenerator<readonly TrailEntry[], undefined> {
  let after = 0;
  for (;;) {
    const begun = performance.now();
    const entries = await trail.read(after, size);
    yield entries;
    if (entries.length < size) return;
    after = entries.at(-1)?.id ?? after;
    await sleep(Math.max(performance.now() - begun, PAUSE));
  }
}
