/** Translates SQLite's errors into those of the domain. */

import { CarError } from '../../cars/car-error.ts';

/** Result codes, as in https://www.sqlite.org/rescode.html. */
export const SQLITE = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

const UNAVAILABLE: readonly number[] = [
  SQLITE.BUSY,
  SQLITE.LOCKED,
  SQLITE.READONLY,
  SQLITE.IOERR,
  SQLITE.CANTOPEN,
];

/**
 * Returns a domain error for what a retry may fix. Anything else is an internal error and is
 * returned as it is.
 */
export function toCarError(error: unknown): Error {
  if (error instanceof CarError) return error;
  const code = resultCode(error);
  if (code === SQLITE.FULL) return new CarError('storage-full', { cause: error });
  if (code !== undefined && UNAVAILABLE.includes(code)) return new CarError('unavailable', { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** The primary result code: the low byte of the extended one. */
export function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Runs `call`, and throws its error in the domain's terms. */
export function translateErrors<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw toCarError(error);
  }
}
