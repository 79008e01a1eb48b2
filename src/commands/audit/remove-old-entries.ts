/** Removes old entries of the audit trail in small batches, beside a service that writes new ones. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';

/** Entries in one transaction: few enough that no write of the service waits long. */
const BATCH = 500;

/** The shortest pause between two batches, in milliseconds. */
const PAUSE = 10;

/**
 * Removes the entries from before a time, in the order of their ids. Rests after each batch for as long as it
 * took, so at most half of the time goes to it. A run that was stopped can be repeated.
 * @param archive is called with the entries of a batch before they are removed.
 * @returns how many entries it removed.
 */
export async function removeOldEntries(
  trail: AuditTrail,
  before: Date,
  archive: (entries: readonly TrailEntry[]) => void = () => {},
): Promise<number> {
  let removed = 0;
  let after = 0;
  for (;;) {
    const begun = performance.now();
    const entries = await trail.read(after, BATCH);
    const old = entries.filter(({ time }) => time < before);
    if (old.length > 0) {
      archive(old);
      removed += await trail.remove(old.map(({ id }) => id));
    }
    // To the end: a clock that was ahead may have dated entries later than the ones that follow.
    if (entries.length < BATCH) return removed;
    after = entries.at(-1)?.id ?? after;
    await sleep(Math.max(performance.now() - begun, PAUSE));
  }
}
