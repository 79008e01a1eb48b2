/** MySQL's and the driver's errors, told in the domain's words. */

import { CarError } from '../../cars/car-error.ts';

/** Server error numbers, as in https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html. */
export const ER = {
  DUP_ENTRY: 1062,
  LOCK_WAIT_TIMEOUT: 1205,
  LOCK_DEADLOCK: 1213,
  /** MySQL's answer to `NOWAIT`; MariaDB answers LOCK_WAIT_TIMEOUT. */
  LOCK_NOWAIT: 3572,
  /** Connections: of the server, of the user, of the user in an hour. */
  TOO_MANY: [1040, 1203, 1226] as readonly number[],
} as const;

/** The statement was not applied, and the cause lies with the server's state, not with the statement. */
const UNAVAILABLE = new Set<number>([
  ER.LOCK_WAIT_TIMEOUT,
  ER.LOCK_DEADLOCK,
  ER.LOCK_NOWAIT,
  1021, // disk full
  1040, // too many connections
  1044, // access to the database denied
  1045, // access denied
  1049, // unknown database
  1053, // server shutdown in progress
  1114, // table full
  1129, // host blocked after connection errors
  1130, // host not allowed
  1142, // command denied on the table
  1146, // no such table
  1203, // too many user connections
  1226, // user's resource limit
  1290, // read-only option
  1317, // interrupted
  1792, // read-only transaction
  1836, // read-only mode
  1927, // connection killed (MariaDB)
  1969, // max_statement_time (MariaDB)
  3024, // max_execution_time
  3169, // session killed
]);

/** The server's error number, where the server answered. */
export function errnoOf(error: unknown): number | undefined {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  // Socket errors carry the system's number, which is negative.
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
}

/** We gave a connection up. */
export class ConnectionFault extends Error {
  override name = 'ConnectionFault';
  /** As the driver marks its own errors after which a connection cannot be used. */
  readonly fatal = true;
}

/** No answer came, and none will: what was asked may have been done. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}

/** Answers of a server that is no longer the one to write to, or is about to end. What was asked was not done. */
const SERVER_LEFT = new Set<number>([
  1053, // shutdown in progress
  1290, // read-only option
  1792, // read-only transaction
  1836, // read-only mode
  1927, // connection killed (MariaDB)
  3169, // session killed
]);

/** Whether the connection on which this error happened, and those opened before it, must not be used again. */
export function isConnectionFault(error: unknown): boolean {
  if (error instanceof CarError) return isConnectionFault(error.cause);
  return isConnectionLost(error) || SERVER_LEFT.has(errnoOf(error) ?? 0);
}

/** A domain error for what the caller can wait out; anything else, a fault of ours, comes back as it is. */
export function toCarError(error: unknown): Error {
  if (error instanceof CarError) return error;
  const errno = errnoOf(error);
  if (errno !== undefined && UNAVAILABLE.has(errno)) return new CarError('unavailable', { cause: error });
  // Not while committing: that error is `outcome-unknown` from the start.
  if (isConnectionLost(error)) return new CarError('unavailable', { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** Waits for a call whose errors are to be told in the domain's words. */
export async function translateErrors<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw toCarError(error);
  }
}
