/** Cars that are created together, and the rule of a batch's Idempotency-Key. */

import { CarError } from './car-error.ts';
import type { IdempotencyKey } from './idempotency.ts';

/** The maximum number of cars in a batch. They are created in about 50 ms. */
export const BATCH_MAX_CARS = 1000;

/** The Idempotency-Key of a batch, with what is stored under it. */
export interface BatchKey extends IdempotencyKey {
  /** SHA-256 of the request, in hex: the same key with another request is an error. */
  readonly fingerprint: string;
  /** The rest of the answer: the rows that were rejected before the store was asked, as JSON. */
  readonly rejected: string;
}

/** First and last id of some cars whose ids are consecutive. */
export type IdRange = readonly [first: number, last: number];

export interface CreatedMany {
  /** In the order of the cars. */
  readonly ids: readonly IdRange[];
  /** {@link BatchKey.rejected} of the request that created the cars; empty without a key. */
  readonly rejected: string;
  /** Whether this is the stored answer to an earlier request with the same key. */
  readonly replayed: boolean;
}

/** The answer that is stored under a key. */
export interface StoredBatch {
  readonly fingerprint: string;
  readonly ids: readonly IdRange[];
  readonly rejected: string;
}

/** The ids of `count` new cars. A database may leave a step between two of them. */
export function idRanges(first: number, count: number, step = 1): IdRange[] {
  if (count === 0) return [];
  if (step === 1) return [[first, first + count - 1]];
  return Array.from({ length: count }, (_, index) => [first + index * step, first + index * step]);
}

/** How many cars the ranges hold. */
export function countIds(ids: readonly IdRange[]): number {
  return ids.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Throws `idempotency-key-reused` if the key was used with another request. */
export function replayBatch({ fingerprint, ids, rejected }: StoredBatch, key: BatchKey): CreatedMany {
  if (fingerprint !== key.fingerprint) throw new CarError('idempotency-key-reused');
  return { ids, rejected, replayed: true };
}
