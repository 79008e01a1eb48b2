/** What can go wrong with a car, as a closed set of codes. The HTTP layer gives each code its answer. */

export type CarErrorCode =
  /** No car has this id. */
  | 'car-not-found'
  /** A precondition named another version than the stored one. */
  | 'version-mismatch'
  /** The idempotency key was used before with other fields. */
  | 'idempotency-key-reused'
  /** Another request with the same idempotency key is under way. */
  | 'idempotency-key-busy'
  /** The database cannot be used now; the call was not applied. */
  | 'unavailable'
  /** The connection broke while a write was under way; it may have been applied. */
  | 'outcome-unknown'
  /** The embedded database's disk is full; the call was not applied. */
  | 'storage-full';

export class CarError extends Error {
  readonly code: CarErrorCode;

  constructor(code: CarErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'CarError';
    this.code = code;
  }
}
