/** The port that a database implements: reading and changing cars. */

import type { Car, CarFields } from './car.ts';
import type { BatchKey, CreatedMany } from './car-batch.ts';
import type { HistoryPage, HistoryQuery } from './car-change.ts';
import type { CountsQuery, ValueCount } from './car-counts.ts';
import type { CarFilter, CarListQuery, CarPage } from './car-list.ts';
import type { Created, IdempotencyKey } from './idempotency.ts';
import type { RequestContext } from './request-context.ts';

/** Decides from the stored version whether a change may be made (RFC 9110, section 13). */
export type Precondition = (version: number) => boolean;

/**
 * Every method may reject with {@link CarError} `unavailable`. Every change may also reject with
 * `outcome-unknown` and, on the embedded database, `storage-full`. Texts arrive normalised. When a
 * change resolves, it is durable. If the audit trail is on, a change and its entry are written in
 * one transaction. Each method adds what it used to the context's `usage`.
 */
export interface CarStore {
  /**
   * Rejects with `idempotency-key-reused` and, after waiting for about a second,
   * `idempotency-key-busy`.
   */
  create(context: RequestContext, fields: CarFields, idempotencyKey?: IdempotencyKey): Promise<Created>;
  /**
   * Creates cars in one transaction, in their order. With a key, stores the answer in the same
   * transaction, even if there are no cars. Rejects as {@link create} does.
   */
  createMany(context: RequestContext, cars: readonly CarFields[], key?: BatchKey): Promise<CreatedMany>;
  /** Rejects with `car-not-found`. */
  get(context: RequestContext, id: number): Promise<Car>;
  /**
   * Replaces the given fields and keeps the others. Resolves with the car after the change, which
   * is the stored one, with its version and without an entry, if no field differs. Rejects with
   * `car-not-found` and, before it compares the fields, with `version-mismatch`.
   */
  update(
    context: RequestContext,
    id: number,
    fields: Partial<CarFields>,
    precondition?: Precondition,
  ): Promise<Car>;
  /** Rejects with `car-not-found` and `version-mismatch`. */
  delete(context: RequestContext, id: number, precondition?: Precondition): Promise<void>;
  /**
   * The changes of one car, deleted or not. Rejects with `car-not-found` if it neither exists nor
   * ever had an entry.
   */
  history(context: RequestContext, query: HistoryQuery): Promise<HistoryPage>;
  list(context: RequestContext, query: CarListQuery): Promise<CarPage>;
  /** How many cars match. */
  count(context: RequestContext, filter: CarFilter): Promise<number>;
  /** The values of a field with their numbers of cars: texts with the most cars first, years in order. */
  counts(context: RequestContext, query: CountsQuery): Promise<readonly ValueCount[]>;
  /** How long requests that arrive now would wait before the database works on them. */
  waits(): Waits;
}

/** Milliseconds for each kind of request; 0 if nothing waits. */
export interface Waits {
  readonly read: number;
  readonly write: number;
  readonly list: number;
  readonly batch: number;
}
