/**
 * Why a request for a car can fail, as a closed set of codes. The HTTP layer maps each code to a
 * response.
 */

export type CarErrorCode =
  /** No car has this id. */
  | 'car-not-found'
  /** A precondition named another version than the stored one. */
  | 'version-mismatch'
  /** The idempotency key was used before with other fields. */
  | 'idempotency-key-reused'
  /** Another request with the same idempotency key is running. */
  | 'idempotency-key-busy'
  /** The database cannot be used now; nothing was applied. */
  | 'unavailable'
  /** The connection was lost or the disk failed during a write, which may have been applied. */
  | 'outcome-unknown'
  /** The embedded database's disk is full; nothing was applied. */
  | 'storage-full';

export class CarError extends Error {
  readonly code: CarErrorCode;

  constructor(code: CarErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'CarError';
    this.code = code;
  }
}
