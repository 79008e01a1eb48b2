/** The port that a database fulfils: the calls on cars, and the state of the database behind them. */

import type { Car, CarFields } from './car.ts';
import type { Author, HistoryPage, HistoryQuery } from './car-change.ts';
import type { CarFilter, CarListQuery, CarPage } from './car-list.ts';
import type { Created, IdempotencyKey } from './idempotency.ts';
import type { Usage } from './usage.ts';

/** Decides on the stored version whether a change may go ahead (RFC 9110, section 13). */
export type Precondition = (version: number) => boolean;

/**
 * Every call may fail with {@link CarError} `unavailable`; every change also with `outcome-unknown` and, on the
 * embedded database, `storage-full`. Texts arrive normalised. A promise that a change fulfilled is durable. Where the
 * audit trail is on, a change and its entry are written together or not at all. A call notes in `usage` what it used.
 */
export interface CarStore {
  /** Throws `idempotency-key-reused` and `idempotency-key-busy`, the latter after waiting about a second. */
  create(author: Author, fields: CarFields, idempotencyKey?: IdempotencyKey, usage?: Usage): Promise<Created>;
  /** Throws `car-not-found`. */
  get(id: number, usage?: Usage): Promise<Car>;
  /** Replaces the given fields, keeps the others. Throws `car-not-found`, `version-mismatch`. */
  update(
    author: Author,
    id: number,
    fields: Partial<CarFields>,
    precondition?: Precondition,
    usage?: Usage,
  ): Promise<Car>;
  /** Throws `car-not-found`, `version-mismatch`. */
  delete(author: Author, id: number, precondition?: Precondition, usage?: Usage): Promise<void>;
  /** The changes of one car, deleted or not. Throws `car-not-found` when it neither exists nor ever had an entry. */
  history(query: HistoryQuery, usage?: Usage): Promise<HistoryPage>;
  list(query: CarListQuery, usage?: Usage): Promise<CarPage>;
  /** How many cars match. */
  count(filter: CarFilter, usage?: Usage): Promise<number>;
  waits(): Waits;
}

/** Milliseconds for each kind of call; 0 where nothing waits. */
export interface Waits {
  readonly read: number;
  readonly write: number;
  readonly list: number;
}

export interface CarDatabase {
  /** The store. Reading this member throws `unavailable` until the schema was found fit. */
  readonly cars: CarStore;
  /** Resolves when the database answers and its schema is fit for this service, else throws `unavailable`. */
  checkReady(): Promise<void>;
  /** Applies pending migrations where the service may, else checks that none is pending (throws `unavailable`). */
  ensureSchema(): Promise<void>;
  /** How long calls made now would wait until they are worked on. */
  waits(): Waits;
}
