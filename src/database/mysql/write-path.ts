/**
 * The path of every write: batched, split on failure, alone while it waits for a lock, retried
 * once, on a connection.
 */

import type { CarErrorCode } from '../../cars/car-error.ts';
import { type Batch, type BatchOptions, createBatch, type Outcome } from '../batch.ts';
import type { Session } from './connection.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { retryOnce } from './retry-once.ts';
import { type Run, splitOnFailure } from './split-on-failure.ts';
import { TIMING } from './timing.ts';
import { waitForLock } from './wait-for-lock.ts';

/** Large enough to share round trips, small enough to stay far below `max_allowed_packet`. */
export const BATCH = {
  maxSize: 128,
  maxConcurrent: 2,
  maxBacklog: TIMING.backlog,
  answerWithin: TIMING.answer,
} as const;

/**
 * Applies writes in one transaction. Rejects with the driver's error if nothing was applied, else
 * with a {@link CarError}.
 * @param waitsForLocks whether to wait for locks (about a second) or to fail at once.
 */
export type ApplyWrites<Item, Result> = (
  session: Session,
  items: readonly Item[],
  waitsForLocks: boolean,
) => Promise<readonly Outcome<Result>[]>;

interface WriteRules<Item, Result> {
  /**
   * Writes with the same key concern the same thing (a car, an idempotency key) and stay together,
   * in their order.
   */
  readonly keyOf: (item: Item) => unknown;
  /** What a write is rejected with that did not get its lock in time. */
  readonly tooLate: CarErrorCode;
  /** Whether a write can be retried even if the first attempt may have been applied. */
  readonly isRepeatable: boolean;
  /** Where a write differs from {@link BATCH}. */
  readonly batch?: Pick<BatchOptions<Item, Result>, 'maxSize' | 'sizeOf' | 'rowsOf'>;
}

/** @param name the kind of write, in metrics and traces. */
export function createWritePath<Item, Result extends object>(
  name: string,
  { withConnection }: ConnectionPool,
  apply: ApplyWrites<Item, Result>,
  { keyOf, tooLate, isRepeatable, batch = BATCH }: WriteRules<Item, Result>,
): Batch<Item, Result> {
  const applyNow: Run<Item, Result> = (items, deadline) =>
    withConnection((session) => apply(session, items, false), deadline);
  const applyWaiting: Run<Item, Result> = (items, deadline) =>
    withConnection((session) => apply(session, items, true), deadline);

  const retried: Run<Item, Result> = (items, deadline) =>
    retryOnce(() => applyNow(items, deadline), isRepeatable, deadline);
  const waitingAlone = waitForLock(`${name}-lock`, applyWaiting, keyOf, tooLate);
  const run = splitOnFailure(retried, keyOf, waitingAlone);
  return createBatch<Item, Result>({ name, ...BATCH, ...batch, maxWait: TIMING.writeTurn, run });
}
