/** The rule of the Idempotency-Key: the same key with the same car gets the first answer again. */

import type { Car, CarFields } from './car.ts';
import { CarError } from './car-error.ts';

/** An Idempotency-Key and whose it is: equal keys of two callers are two keys. */
export interface IdempotencyKey {
  /** Empty where callers are not told apart. */
  readonly caller: string;
  /** 1 to 255 printable ASCII characters. */
  readonly key: string;
}

export interface Created {
  readonly car: Car;
  /** True when this is the stored answer to an earlier call with the same key. */
  readonly replayed: boolean;
}

/** How long a key is remembered. */
export const IDEMPOTENCY_KEY_HOURS = 24;

/** The one text under which a key is stored. No header value holds a NUL, so no two keys share it. */
export function storedKey({ caller, key }: IdempotencyKey): string {
  return `${caller}\0${key}`;
}

/** Answers a call whose key gave `stored` before. Throws `idempotency-key-reused` when the call says another car. */
export function replay(stored: Car, fields: CarFields): Created {
  const same = stored.brand === fields.brand && stored.model === fields.model && stored.year === fields.year;
  if (!same) throw new CarError('idempotency-key-reused');
  return { car: stored, replayed: true };
}
