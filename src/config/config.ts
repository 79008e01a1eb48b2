/** The configuration: every environment variable that the service knows, parsed once, every fault reported together. */

import { type DatabaseConfig, parseDatabase } from './database.ts';
import { ConfigError, type ConfigFault, createReader, type Environment } from './reader.ts';
import { parseWatching, type WatchingConfig } from './watching.ts';

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly logLevel: LogLevel;
  readonly watching: WatchingConfig;
  /** Seconds after SIGTERM in which the service goes on as before, so that load balancers can turn away from it. */
  readonly drainSeconds: number;
  /** Seconds from SIGTERM to the end of the process, at most. */
  readonly stopSeconds: number;
}

/** Parses and freezes. An empty variable counts as not set. Throws {@link ConfigError} with every fault found. */
export function parseConfig(env: Environment): Config {
  const faults: ConfigFault[] = [];
  const read = createReader(env, faults);
  const config: Config = {
    http: { host: read.text('HOST') ?? '127.0.0.1', port: read.integer('PORT', 5000, 0, 65535) },
    database: parseDatabase(read),
    logLevel: read.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    watching: parseWatching(read),
    drainSeconds: read.integer('DRAIN_SECONDS', 0, 0, 3600),
    stopSeconds: read.integer('STOP_SECONDS', 10, 1, 3600),
  };
  if (config.drainSeconds >= config.stopSeconds) {
    read.fault(
      'DRAIN_SECONDS',
      `must be less than STOP_SECONDS (${config.stopSeconds}), was ${config.drainSeconds}`,
    );
  }
  const { logLevel, watching } = config;
  if (watching.embeddedMetrics && LOG_LEVELS.indexOf(logLevel) > LOG_LEVELS.indexOf('info')) {
    read.fault('METRICS', `needs LOG_LEVEL info or less, because it is lines of the log, was ${logLevel}`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
