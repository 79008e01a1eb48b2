/** The configuration: every environment variable that the service knows, parsed once, every fault reported together. */

import { type AuthConfig, parseAuth } from './auth.ts';
import { type DatabaseConfig, parseDatabase } from './database.ts';
import { type LimitsConfig, parseLimits } from './limits.ts';
import { type ObservabilityConfig, parseObservability } from './observability.ts';
import { ConfigError, type ConfigFault, createReader, type Environment, type Reader } from './reader.ts';

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Whose pages browsers let read answers, as browsers send it: `https://app.example.com`. */
  readonly corsOrigins: readonly string[];
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every process of this package needs. */
export interface CommandConfig {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly logLevel: LogLevel;
  /** Seconds after SIGTERM in which the service goes on as before, so that load balancers can turn away from it. */
  readonly drainSeconds: number;
  /** Seconds from SIGTERM to the end of the process, at most. */
  readonly stopSeconds: number;
}

/** What the service needs besides. */
export interface Config extends CommandConfig {
  readonly auth: AuthConfig;
  readonly limits: LimitsConfig;
  readonly observability: ObservabilityConfig;
}

/** Parses and freezes. An empty variable counts as not set. Throws {@link ConfigError} with every fault found. */
export function parseConfig(env: Environment): Config {
  return parse(env, (read) => {
    const command = readCommandConfig(read);
    const { http, logLevel } = command;
    const observability = parseObservability(read);
    if (observability.embeddedMetrics && LOG_LEVELS.indexOf(logLevel) > LOG_LEVELS.indexOf('info')) {
      read.fault('METRICS', `needs LOG_LEVEL info or less, because it is lines of the log, was ${logLevel}`);
    }
    return { ...command, auth: parseAuth(read, http.host), limits: parseLimits(read), observability };
  });
}

/** As {@link parseConfig}, for processes that let nobody in, and so need not know whom to let in. */
export function parseCommandConfig(env: Environment): CommandConfig {
  return parse(env, readCommandConfig);
}

function readCommandConfig(read: Reader): CommandConfig {
  const config = {
    http: {
      host: read.text('HOST') ?? '127.0.0.1',
      port: read.integer('PORT', 5000, 0, 65535),
      corsOrigins: parseOrigins(read),
    },
    database: parseDatabase(read),
    logLevel: read.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    drainSeconds: read.integer('DRAIN_SECONDS', 0, 0, 3600),
    stopSeconds: read.integer('STOP_SECONDS', 10, 1, 3600),
  };
  if (config.drainSeconds >= config.stopSeconds) {
    read.fault(
      'DRAIN_SECONDS',
      `must be less than STOP_SECONDS (${config.stopSeconds}), was ${config.drainSeconds}`,
    );
  }
  return config;
}

function parse<Parsed extends object>(env: Environment, readAll: (read: Reader) => Parsed): Parsed {
  const faults: ConfigFault[] = [];
  const config = readAll(createReader(env, faults));
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

/** Each must be an origin and nothing more; `*` and `null` are none. */
function parseOrigins(read: Reader): string[] {
  const origins = (read.text('CORS_ORIGINS') ?? '').split(',').map((origin) => origin.trim());
  const given = origins.filter((origin) => origin !== '');
  for (const origin of given) {
    if (/^https?:/.test(origin) && URL.parse(origin)?.origin === origin) continue;
    const form = 'must be origins such as https://app.example.com, separated by commas';
    read.fault('CORS_ORIGINS', `${form}, had ${JSON.stringify(origin)}`);
  }
  return given;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
