/** Translates the errors of MySQL and its driver into those of the domain. */

import { CarError } from '../../cars/car-error.ts';

/**
 * Server error numbers, as in
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html.
 */
export const ER = {
  DUP_ENTRY: 1062,
  LOCK_WAIT_TIMEOUT: 1205,
  LOCK_DEADLOCK: 1213,
  /** MySQL's answer to `NOWAIT`; MariaDB answers LOCK_WAIT_TIMEOUT. */
  LOCK_NOWAIT: 3572,
  /** Connections: of the server, of the user, of the user in an hour. */
  TOO_MANY: [1040, 1203, 1226] as readonly number[],
} as const;

/**
 * The statement was not applied, because of the server's state and not because of the statement.
 */
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

/** The server's error number, if the server answered. */
export function errnoOf(error: unknown): number | undefined {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  // Socket errors carry the system's number, which is negative.
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
}

/** The service closed a connection. */
export class ConnectionFault extends Error {
  override name = 'ConnectionFault';
  /** As the driver marks its own errors after which a connection cannot be used. */
  readonly fatal = true;
}

/**
 * Replaces the driver's error about how the user must log in, which speaks of the driver's own
 * options. Somebody can fix it while the service runs, so it counts as unavailable.
 */
export function explainPlugin(error: Error): Error {
  const isClear = 'code' in error && error.code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED';
  const plugin = isClear ? 'mysql_clear_password' : /unknown plugin (\S*?)\. See/.exec(error.message)?.[1];
  if (plugin === undefined) return error;
  return new ConnectionFault(
    `the database user logs in with the plugin ${JSON.stringify(plugin)}, which is not supported; change the user to caching_sha2_password (MySQL) or mysql_native_password (MariaDB)`,
  );
}

/** No answer will come: the statement may have been applied. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}

/** Errors of a server that became read-only or is shutting down. The statement was not applied. */
const SERVER_GONE = new Set<number>([
  1053, // shutdown in progress
  1290, // read-only option
  1792, // read-only transaction
  1836, // read-only mode
  1927, // connection killed (MariaDB)
  3169, // session killed
]);

/**
 * Whether the connection on which this error happened, and those opened before it, must not be used
 * again.
 */
export function isConnectionFault(error: unknown): boolean {
  if (error instanceof CarError) return isConnectionFault(error.cause);
  return isConnectionLost(error) || SERVER_GONE.has(errnoOf(error) ?? 0);
}

/**
 * Returns a domain error for what a retry may fix. Anything else is an internal error and is
 * returned as it is.
 */
export function toCarError(error: unknown): Error {
  if (error instanceof CarError) return error;
  const errno = errnoOf(error);
  if (errno !== undefined && UNAVAILABLE.has(errno)) return new CarError('unavailable', { cause: error });
  // A lost commit never gets here: `Session.commit` rejects with `outcome-unknown`.
  if (isConnectionLost(error)) return new CarError('unavailable', { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** Resolves as `call` does, and rejects with its error in the domain's terms. */
export async function translateErrors<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw toCarError(error);
  }
}
