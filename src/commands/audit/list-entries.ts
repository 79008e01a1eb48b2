/** Finds what one client changed. No index helps: operators ask rarely, and each write would pay for it. */

import type { AuditTrail, TrailEntry } from '../../cars/audit-trail.ts';

/** Entries that are read at once. */
const PAGE = 5000;

/** @param print is called with each entry of this caller since that time, in the order of their ids. */
export async function listEntries(
  trail: AuditTrail,
  caller: string,
  since: Date,
  print: (entry: TrailEntry) => void,
): Promise<void> {
  let after = 0;
  for (;;) {
    const entries = await trail.read(after, PAGE);
    for (const entry of entries) if (entry.author.caller === caller && entry.time >= since) print(entry);
    if (entries.length < PAGE) return;
    after = entries.at(-1)?.id ?? after;
  }
}
