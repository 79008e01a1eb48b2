/**
 * What an error of MySQL or its driver means: for the request, for the rest of its batch, and for
 * the connection.
 */

import { CarError } from '../../cars/car-error.ts';

/**
 * Server error numbers, as in
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html.
 */
export const ER = {
  DUP_ENTRY: 1062,
  LOCK_WAIT_TIMEOUT: 1205,
  LOCK_DEADLOCK: 1213,
  /** What the check of new ids fails with: see `create-cars.ts`. */
  UNUSABLE_IDS: 1242,
  /** MySQL's answer to `NOWAIT`; MariaDB answers LOCK_WAIT_TIMEOUT. */
  LOCK_NOWAIT: 3572,
  /** Connections: of the server, of the user, of the user in an hour. */
  TOO_MANY: [1040, 1203, 1226] as readonly number[],
} as const;

/** The server's error number, if the server answered. */
export function errnoOf(error: unknown): number | undefined {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  // Socket errors carry the system's number, which is negative.
  return typeof errno === 'number' && errno > 0 ? errno : undefined;
}

/** The service cannot use a connection. */
export class ConnectionFault extends Error {
  override name = 'ConnectionFault';
  /** As the driver marks its own errors after which a connection cannot be used. */
  readonly fatal = true;
}

/** No answer came in time, so the service closed the connection. */
export class NoAnswerError extends ConnectionFault {
  override name = 'NoAnswerError';
  /** As of the driver's own time limit, which is for opening a connection. */
  readonly code = 'ETIMEDOUT';
  /** Whether the server had so little time that its silence shows nothing. */
  readonly wasHurried: boolean;

  constructor(milliseconds: number, wasHurried: boolean) {
    super(`no answer within ${Math.round(milliseconds)} ms`);
    this.wasHurried = wasHurried;
  }
}

/**
 * Replaces the driver's error about how the user must log in, which speaks of the driver's own
 * options. Somebody can fix it while the service runs, so it counts as unavailable.
 */
export function explainPlugin(error: Error): Error {
  const isClear = 'code' in error && error.code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED';
  const plugin = isClear ? 'mysql_clear_password' : /unknown plugin (\S*?)\. See/.exec(error.message)?.[1];
  if (plugin === undefined) return error;
  const ofIam = isClear ? ' without DATABASE_AUTH=iam' : '';
  return new ConnectionFault(
    `the database user logs in with the plugin ${JSON.stringify(plugin)}, which is not supported${ofIam}; change the user to caching_sha2_password (MySQL) or mysql_native_password (MariaDB)`,
  );
}

/** No answer will come: the statement may have been applied. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}

/** Classes of SQLSTATE (its first two characters) that blame the statement or its values. */
const STATEMENT_CLASSES = new Set([
  '01', // a warning that the SQL mode made an error
  '0A', // a feature that the server lacks
  '21', // a wrong number of rows or columns
  '22', // a wrong value
  '23', // a constraint
  '42', // syntax, or a name that does not exist
  '45', // raised by a trigger of someone else
]);

/** Errors with a general SQLSTATE that blame the statement or its values. */
const STATEMENT_ERRORS = new Set([
  1093, // reads the table that it changes
  1153, // packet too large
  1175, // safe update mode
  1193, // unknown system variable
  1210, // wrong arguments
  1221, // wrong usage
  1238, // wrong scope of a variable
  1267, // mix of collations
  1270, // mix of collations
  1271, // mix of collations
  1273, // unknown collation
  1364, // no default value
  1366, // wrong value
  1411, // wrong value
  1467, // no id is left
  3819, // check constraint
]);

/** The user lacks a right, or may not log in. All have the class of a wrong statement, or none. */
const LACKS_RIGHTS = new Set([
  1044, // database
  1045, // password
  1130, // host not allowed
  1142, // table
  1143, // column
  1227, // administration
  1370, // routine
  1698, // authentication plugin (MariaDB)
  1820, // password expired
  1862, // password expired
  3118, // account locked
  4151, // account locked (MariaDB)
]);

/** The server's state, though the SQLSTATE has the class of a wrong statement. */
const STATE_ERRORS = new Set([
  ...LACKS_RIGHTS,
  1049, // unknown database
  1146, // no such table: the database is being restored
  1203, // too many user connections
  1226, // user's resource limit
]);

/**
 * Errors of a server that must not be used any more: it became read-only, shuts down, or left its
 * cluster. The statement was not applied.
 */
const SERVER_GONE = new Set([
  1047, // node not ready (Galera)
  1053, // shutdown in progress
  1290, // read-only option
  1792, // read-only transaction
  1836, // read-only mode
  1927, // connection killed (MariaDB)
  3032, // offline mode
  3100, // left the group during the commit, which was rolled back (Group Replication)
  3169, // session killed
]);

/** Errors about one statement or row, after which the connection works as before. */
const HARMLESS = new Set<number>([
  ER.DUP_ENTRY,
  ER.LOCK_WAIT_TIMEOUT,
  ER.LOCK_DEADLOCK,
  ER.LOCK_NOWAIT,
  ER.UNUSABLE_IDS,
  1317, // interrupted
  1969, // max_statement_time (MariaDB)
  3024, // max_execution_time
]);

/** A `COMMIT` that fails with one of these was rolled back. */
const ROLLED_BACK = new Set<number>([
  ...SERVER_GONE,
  ...LACKS_RIGHTS,
  ER.LOCK_WAIT_TIMEOUT,
  ER.LOCK_DEADLOCK,
  ER.LOCK_NOWAIT,
  1146, // no such table
  3101, // a conflict with another server (Group Replication)
]);

function classOf(error: unknown): string {
  const state = error instanceof Error && 'sqlState' in error ? String(error.sqlState) : '';
  return state.slice(0, 2);
}

/**
 * Whether the server blames the statement or its values. All other errors are about the server's
 * state, including those that this file does not know.
 */
function isAboutStatement(error: unknown): boolean {
  const errno = errnoOf(error);
  if (errno === undefined || STATE_ERRORS.has(errno)) return false;
  return STATEMENT_ERRORS.has(errno) || STATEMENT_CLASSES.has(classOf(error));
}

/** Whether the error may be about one request of a batch, so that the others can succeed. */
export function mayBeAboutOne(error: unknown): boolean {
  return !(error instanceof CarError) && (HARMLESS.has(errnoOf(error) ?? 0) || isAboutStatement(error));
}

/**
 * Whether the connection on which this error happened, and those opened before it, must not be used
 * again.
 */
export function isConnectionFault(error: unknown): boolean {
  if (error instanceof CarError) return isConnectionFault(error.cause);
  if (error instanceof NoAnswerError) return !error.wasHurried;
  return isConnectionLost(error) || SERVER_GONE.has(errnoOf(error) ?? 0);
}

/**
 * Whether the user lacks a right. The server reads some rights only when a connection is opened, so
 * a right that is granted again takes effect on new connections.
 */
export function lacksRights(error: unknown): boolean {
  if (error instanceof CarError) return lacksRights(error.cause);
  return LACKS_RIGHTS.has(errnoOf(error) ?? 0);
}

/** Whether the connection works as before. Not known for errors that this file does not list. */
export function isHarmless(error: unknown): boolean {
  if (error instanceof CarError) return error.cause === undefined || isHarmless(error.cause);
  if (isConnectionLost(error)) return false;
  const errno = errnoOf(error);
  return errno === undefined || HARMLESS.has(errno) || ['22', '23'].includes(classOf(error));
}

/**
 * Whether a write may have been applied that failed with this error.
 * @param duringCommit whether the statement that failed was the one that commits.
 */
export function mayBeApplied(error: unknown, duringCommit: boolean): boolean {
  if (isConnectionLost(error)) return true;
  return duringCommit && !isAboutStatement(error) && !ROLLED_BACK.has(errnoOf(error) ?? 0);
}

/**
 * Returns a domain error for the server's state, which a retry may fix. A wrong statement is an
 * internal error and is returned as it is.
 */
export function toCarError(error: unknown): Error {
  if (error instanceof CarError) return error;
  if (errnoOf(error) === ER.UNUSABLE_IDS) {
    return new Error('the next ids are 2^53 or more, or their step changed', { cause: error });
  }
  // A commit with an unknown outcome never gets here: `Session.commit` rejects with
  // `outcome-unknown`.
  const isState = isConnectionLost(error) || (errnoOf(error) !== undefined && !isAboutStatement(error));
  if (isState) return new CarError('unavailable', { cause: error });
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
