/** The audit trail: what is stored for each change of a car, and how a car's history is read. */

import type { Car, CarFields } from './car.ts';
import type { Author } from './request-context.ts';

export const CHANGE_KINDS = ['created', 'updated', 'deleted'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One change of a car, as it is about to be written. */
export interface Step {
  readonly author: Author;
  /** Null for a creation. */
  readonly before: Omit<Car, 'id'> | null;
  /** Null for a deletion. */
  readonly after: CarFields | null;
}

/** An entry of the trail. */
export interface CarChange {
  /** Its position in the trail: the entries of one car have ascending ids. */
  readonly id: number;
  readonly kind: ChangeKind;
  /**
   * The version after the change. A deletion counts as a change, so each version from 1 on has one
   * entry.
   */
  readonly version: number;
  readonly author: Author;
  readonly time: Date;
  /** Null for a creation. */
  readonly before: CarFields | null;
  /** Null for a deletion. */
  readonly after: CarFields | null;
}

export interface HistoryQuery {
  readonly carId: number;
  readonly limit: number;
  /** The page has the entries older than the one with this id; absent for the newest page. */
  readonly olderThan?: number;
}

export interface HistoryPage {
  /** Newest first. */
  readonly changes: readonly CarChange[];
  /** Whether there are older entries. */
  readonly more: boolean;
}

export function kindOf({ before, after }: Step): ChangeKind {
  if (before === null) return 'created';
  return after === null ? 'deleted' : 'updated';
}

/** The version that a step leads to. */
export function versionAfter({ before }: Step): number {
  return (before?.version ?? 0) + 1;
}
