/** Parses the configuration from environment variables once, and reports all faults together. */

import { type AuthConfig, parseAuth } from './auth.ts';
import { type DatabaseConfig, parseDatabase } from './database.ts';
import { type LimitsConfig, parseLimits } from './limits.ts';
import { type ObservabilityConfig, parseObservability } from './observability.ts';
import { ConfigError, type ConfigFault, createReader, type Environment, type Reader } from './reader.ts';

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Origins whose pages may read answers in a browser: `https://app.example.com`. */
  readonly corsOrigins: readonly string[];
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Settings for every process of this package. */
export interface CommandConfig {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly logLevel: LogLevel;
  /**
   * Seconds after SIGTERM during which the service still accepts requests, so that load balancers
   * can react.
   */
  readonly drainSeconds: number;
  /** Maximum seconds from SIGTERM to the end of the process. */
  readonly stopSeconds: number;
}

/** All settings of the service. */
export interface Config extends CommandConfig {
  readonly auth: AuthConfig;
  readonly limits: LimitsConfig;
  readonly observability: ObservabilityConfig;
}

/**
 * Parses and freezes. An empty variable counts as unset. Throws {@link ConfigError} with all
 * faults.
 */
export function parseConfig(env: Environment): Config {
  return parse(env, (read) => {
    const command = readCommandConfig(read);
    const { http, logLevel } = command;
    const observability = parseObservability(read);
    if (observability.embeddedMetrics && LOG_LEVELS.indexOf(logLevel) > LOG_LEVELS.indexOf('info')) {
      read.fault(
        'METRICS',
        `emf needs LOG_LEVEL trace, debug or info, because metrics are part of info lines; LOG_LEVEL was ${logLevel}`,
      );
    }
    return { ...command, auth: parseAuth(read, http.host), limits: parseLimits(read), observability };
  });
}

/** Like {@link parseConfig}, for processes that serve no clients and so need no `AUTH`. */
export function parseCommandConfig(env: Environment): CommandConfig {
  return parse(env, readCommandConfig);
}

function readCommandConfig(read: Reader): CommandConfig {
  const config = {
    http: {
      // Brackets belong to a URL, but are easily written here too.
      host: (read.text('HOST') ?? '127.0.0.1').replace(/^\[(.*:.*)\]$/, '$1'),
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

/** Each entry must be exactly an origin; `*` and `null` are rejected. */
function parseOrigins(read: Reader): string[] {
  const origins = (read.text('CORS_ORIGINS') ?? '').split(',').map((origin) => origin.trim());
  const given = origins.filter((origin) => origin !== '');
  for (const origin of given) {
    if (/^https?:/.test(origin) && URL.parse(origin)?.origin === origin) continue;
    const form = 'must be a comma-separated list of origins like https://app.example.com';
    read.fault('CORS_ORIGINS', `${form}; invalid: ${JSON.stringify(origin)}`);
  }
  return given;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
