/** Removes old entries of the audit trail in small batches, beside a service that writes new ones. */

import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';
import { readTrail } from './read-trail.ts';

/** Entries in one transaction: few enough that no write of the service waits long. */
const BATCH = 500;

/**
 * Removes the entries from before a time, in the order of their ids. A run that was stopped can be repeated.
 * @param archive is called with the entries of a batch before they are removed.
 * @returns how many entries it removed.
 */
export async function removeOldEntries(
  trail: AuditTrail,
  before: Date,
  archive: (entries: readonly TrailEntry[]) => void = () => {},
): Promise<number> {
  let removed = 0;
  // To the end: a clock that was ahead may have dated entries later than the ones that follow.
  for await (const entries of readTrail(trail, BATCH)) {
    const old = entries.filter(({ time }) => time < before);
    if (old.length === 0) continue;
    archive(old);
    removed += await trail.remove(old.map(({ id }) => id));
  }
  return removed;
}
