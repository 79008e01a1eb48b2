/**
 * Every session variable on which the meaning of a statement depends. A server's defaults and its
 * `init_connect` may set any of them, so each connection sets them all before it is used.
 */

import { escapeId } from 'mysql2';
import { TIMING } from './timing.ts';

/** Greater than any number of rows: no limit. */
const UNLIMITED = '18446744073709551615';

/** Variables of MySQL and MariaDB. Their values are literals: `DEFAULT` is the server's own. */
const COMMON = {
  // A `COMMIT` starts no new transaction and does not disconnect; a statement alone commits itself.
  completion_type: '0',
  autocommit: '1',
  // Wrong data is an error, and a backslash escapes, as the driver's `escape` needs.
  sql_mode: "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
  time_zone: "'+00:00'",
  foreign_key_checks: '1',
  unique_checks: '1',
  sql_auto_is_null: '0',
  sql_safe_updates: '0',
  sql_select_limit: UNLIMITED,
  // Setting `max_join_size` clears `sql_big_selects`, so it comes first.
  max_join_size: UNLIMITED,
  sql_big_selects: '1',
  // The server compares only so many bytes of each key when it sorts. A text key has up to 400.
  max_sort_length: '1024',
  group_concat_max_len: '1048576',
  div_precision_increment: '4',
  innodb_lock_wait_timeout: String(TIMING.lock / 1000),
  lock_wait_timeout: String(TIMING.lock / 1000),
  // Seconds, longer than a connection lives: a request must not meet one that the server closes.
  wait_timeout: '600',
} as const;

/** A list with more ids than this allows locks the whole table instead of the listed rows. */
const MYSQL = { range_optimizer_max_mem_size: '8388608' } as const;

const MARIADB = {
  check_constraint_checks: '1',
  // A long list of ids stays a list: a subquery would lock other rows.
  in_predicate_conversion_threshold: '0',
  old_mode: "''",
  sql_if_exists: '0',
} as const;

/** What a session must have for `escape` to be safe and for a write to be stored as it was sent. */
const CHECK_SQL = `
  SELECT @@character_set_client, @@character_set_connection, @@character_set_results,
    @@collation_connection, @@autocommit, @@sql_mode, LENGTH('\\\\'), @@max_allowed_packet,
    ABS(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), SYSDATE())) < 60,
    CONCAT(@@hostname, ':', @@port, ':', @@server_id)`;

/**
 * Sets up a session, in one round trip. The last three results are the row that
 * {@link findWrongSetting} checks, for how many seconds the server has been running, and the variables of its binary log. Each make executes the comments that are meant for it, and ignores the other's.
 * @param database its name: `init_connect` may have chosen another.
 * @param selectLimit milliseconds for a `SELECT`; 0 for no limit.
 */
export function setUpSql(database: string, selectLimit: number): string {
  return `
    SET SESSION completion_type = ${COMMON.completion_type};
    ROLLBACK;
    UNLOCK TABLES;
    SET NAMES utf8mb4 COLLATE utf8mb4_bin;
    SET SESSION ${assign(COMMON)}
      /*!80000 , ${assign({ ...MYSQL, max_execution_time: String(selectLimit) })} */
      /*M! , ${assign({ ...MARIADB, max_statement_time: String(selectLimit / 1000) })} */;
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    USE ${escapeId(database)};
    ${CHECK_SQL};
    SHOW GLOBAL STATUS LIKE 'Uptime';
    SHOW VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format')`;
}

/**
 * Lets `UTC_TIMESTAMP()` follow the clock again if `init_connect` has fixed it. Sent only then: a
 * server may forbid it.
 */
export const FOLLOW_CLOCK_SQL = `SET SESSION timestamp = DEFAULT; ${CHECK_SQL}`;

function assign(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `SESSION ${name} = ${value}`)
    .join(', ')
    .replace(/^SESSION /, '');
}

export type SettingsRow = readonly [
  client: string,
  connection: string,
  results: string,
  collation: string,
  autocommit: 0 | 1,
  sqlMode: string,
  backslashLength: number,
  maxPacket: number,
  isClockRunning: 0 | 1,
  server: string,
];

/** Bytes: more than 1000 cars take, with the answer of their batch. Every supported server's default is as large. */
const PACKET = 4 * 1024 * 1024;

export function isClockFixed(row: SettingsRow): boolean {
  return row[8] !== 1;
}

/** The names and values of those that the server has. */
export type BinaryLog = readonly (readonly [name: string, value: string])[];

/** Returns what a server, or a proxy before it, did not let the session set; undefined if nothing. */
export function findWrongSetting(row: SettingsRow, binaryLog: BinaryLog): string | undefined {
  const [client, connection, results, collation, autocommit, sqlMode, backslash, maxPacket] = row;
  const { log_bin: log, binlog_format: format } = Object.fromEntries(binaryLog);
  const expected: [name: string, actual: string | number, isRight: boolean][] = [
    ['character_set_client', client, client === 'utf8mb4'],
    ['character_set_connection', connection, connection === 'utf8mb4'],
    ['character_set_results', results, results === 'utf8mb4'],
    ['collation_connection', collation, collation === 'utf8mb4_bin'],
    ['autocommit', autocommit, autocommit === 1],
    ['sql_mode', sqlMode, backslash === 1 && sqlMode.includes('STRICT_ALL_TABLES')],
    ['max_allowed_packet', maxPacket, maxPacket >= PACKET],
    ['timestamp', 'fixed', !isClockFixed(row)],
    // The server would refuse every write of a READ COMMITTED transaction (error 1665).
    ['binlog_format', format ?? '', log !== 'ON' || format !== 'STATEMENT'],
  ];
  const wrong = expected.find(([, , isRight]) => !isRight);
  return wrong && `the session variable ${wrong[0]} is ${wrong[1]}, which this service cannot work with`;
}
