/** Finds what one client changed. No index helps: operators ask rarely, and each write would pay for it. */

import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';
import { readTrail } from './read-trail.ts';

/** Entries that are read at once. */
const PAGE = 2000;

/**
 * @param print is called with each entry of this caller since that time, in the order of their ids.
 * @returns how many there are.
 */
export async function listEntries(
  trail: AuditTrail,
  caller: string,
  since: Date,
  print: (entry: TrailEntry) => void,
): Promise<number> {
  let found = 0;
  for await (const entries of readTrail(trail, PAGE)) {
    const matching = entries.filter(({ author, time }) => author.caller === caller && time >= since);
    matching.forEach(print);
    found += matching.length;
  }
  return found;
}
