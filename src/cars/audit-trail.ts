/** The port to the audit trail of all cars, for operators who archive or remove its old entries. */

import type { CarChange } from './car-change.ts';

/** An entry, and the car that it is about. */
export interface TrailEntry extends CarChange {
  readonly carId: number;
}

/** Each function can fail with the domain's `unavailable`. */
export interface AuditTrail {
  /** Returns the entries that follow the one with the id `after`, in the order of their ids. */
  read(after: number, limit: number): Promise<TrailEntry[]>;
  /** Removes the entries with these ids. Returns how many there were. */
  remove(ids: readonly number[]): Promise<number>;
}
