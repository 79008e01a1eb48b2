/** Finds what one client changed. No index helps: operators ask rarely, and each write would pay for it. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';

/** Entries that are read at once. */
const PAGE = 2000;

/**
 * Rests after each page for as long as it took, so that the service is not slowed down much.
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
  let after = 0;
  for (;;) {
    const begun = performance.now();
    const entries = await trail.read(after, PAGE);
    for (const entry of entries) {
      if (entry.author.caller !== caller || entry.time < since) continue;
      print(entry);
      found += 1;
    }
    if (entries.length < PAGE) return found;
    after = entries.at(-1)?.id ?? after;
    await sleep(performance.now() - begun);
  }
}
