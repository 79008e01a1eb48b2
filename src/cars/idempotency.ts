/**
 * The rule of the Idempotency-Key: the same key with the same car returns the first answer again.
 */

import { type Car, type CarFields, sameFields } from './car.ts';
import { CarError } from './car-error.ts';

/** An Idempotency-Key and its client: equal keys of two clients are two keys. */
export interface IdempotencyKey {
  /** Empty if authentication is off. */
  readonly caller: string;
  /** 1 to 255 printable ASCII characters. */
  readonly key: string;
}

export interface Created {
  readonly car: Car;
  /** Whether this is the stored answer to an earlier request with the same key. */
  readonly replayed: boolean;
}

/** How long a key is stored. */
export const IDEMPOTENCY_KEY_HOURS = 24;

/**
 * The text under which a key is stored. No header value contains a NUL, so no two keys share it.
 */
export function storedKey({ caller, key }: IdempotencyKey): string {
  return `${caller}\0${key}`;
}

/**
 * Returns the answer of a key that created `stored`. Throws `idempotency-key-reused` if `fields`
 * describe another car.
 */
export function replay(stored: Car, fields: CarFields): Created {
  if (!sameFields(stored, fields)) throw new CarError('idempotency-key-reused');
  return { car: stored, replayed: true };
}
