/**
 * Load shedding: if the service cannot serve every request in time, it refuses the most expensive ones first, for a
 * fraction of what serving them costs. Health checks always pass.
 */

import type { Waits } from '../cars/car-store.ts';
import { Problem, RETRY_AFTER } from './contract/problem.ts';
import { measureLag } from './event-loop-lag.ts';

export type RequestKind = keyof Waits;

/** Returns what a request would wait for too long, or undefined if it is admitted. */
export type Admission = (kind: RequestKind) => keyof MaxWaits | undefined;

type MaxWaits = Waits & { readonly turn: number };

const NEVER = Number.POSITIVE_INFINITY;

/**
 * For each kind, the longest waits in milliseconds at which it is admitted: of each kind, and for a turn of
 * the event loop. Lists and batches give way when single requests have to wait. Batches wait by the rows ahead of them. Single reads are refused only when they would be late
 * themselves. A request takes three or four turns of the loop, so `turn` is a fraction of what its client waits.
 */
const MAX_WAITS: Readonly<Record<RequestKind, MaxWaits>> = {
  list: { read: 50, write: 100, list: 150, batch: NEVER, turn: 20 },
  batch: { read: 50, write: 100, list: NEVER, batch: 300, turn: 20 },
  write: { read: 100, write: 300, list: NEVER, batch: NEVER, turn: 50 },
  read: { read: 150, write: NEVER, list: NEVER, batch: NEVER, turn: 80 },
};

export function createAdmission(waits: () => Waits, lag: () => number = measureLag()): Admission {
  return (kind) => {
    const max = MAX_WAITS[kind];
    const turn = lag();
    const { read, write, list, batch } = waits();
    if (read > max.read) return 'read';
    if (write > max.write) return 'write';
    if (list > max.list) return 'list';
    if (batch > max.batch) return 'batch';
    return turn > max.turn ? 'turn' : undefined;
  };
}

/** The answer to a request that is not admitted. */
export const OVERLOADED = new Problem('unavailable', 'The service is overloaded.', { headers: RETRY_AFTER });
