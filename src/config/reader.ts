/** Reads environment variables, and collects the faults so that all are reported at once. */

import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One invalid variable. */
export interface ConfigFault {
  readonly variable: string;
  /** What the value must be and what it was. Never contains a secret. */
  readonly problem: string;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ variable, problem }) => `${variable} ${problem}`).join('; '));
    this.faults = faults;
  }
}

/** Every variable that `parseConfig` reads. `.env.example` documents each. */
export const VARIABLES = [
  'HOST',
  'PORT',
  'CORS_ORIGINS',
  'AUTH',
  'AUTH_NONE_IS_INTENDED',
  'PUBLIC_READ',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'JWT_JWKS_URL',
  'JWT_ALGORITHMS',
  'JWT_KEYS_MAX_AGE',
  'RATE_LIMIT_READS',
  'RATE_LIMIT_WRITES',
  'RATE_LIMIT_ROWS',
  'TRUST_PROXY',
  'DATABASE_URL',
  'DATABASE_HOST',
  'DATABASE_PORT',
  'DATABASE_NAME',
  'DATABASE_USER',
  'DATABASE_PASSWORD',
  'DATABASE_PASSWORD_FILE',
  'DATABASE_AUTH',
  'AWS_REGION',
  'DATABASE_APP_USER',
  'DATABASE_APP_PASSWORD',
  'DATABASE_APP_AUTH',
  'DATABASE_TLS',
  'DATABASE_TLS_CA_FILE',
  'DATABASE_POOL_SIZE',
  'MIGRATE_ON_START',
  'AUDIT',
  'LOG_LEVEL',
  'METRICS',
  'METRICS_PORT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'DRAIN_SECONDS',
  'STOP_SECONDS',
] as const;
export type Variable = (typeof VARIABLES)[number];

export type Reader = ReturnType<typeof createReader>;

/** An empty variable counts as unset. */
export function createReader(env: Environment, faults: ConfigFault[]) {
  const fault = (variable: Variable, problem: string) => void faults.push({ variable, problem });
  const text = (variable: Variable) => env[variable] || undefined;

  function choice<Value extends string>(
    variable: Variable,
    values: readonly Value[],
    byDefault: Value,
  ): Value {
    const value = text(variable);
    const found = values.find((candidate) => candidate === value);
    if (value !== undefined && found === undefined) {
      fault(variable, `must be one of ${values.join(', ')}, was ${JSON.stringify(value)}`);
    }
    return found ?? byDefault;
  }

  return {
    fault,
    text,

    integer(variable: Variable, byDefault: number, min: number, max: number): number {
      const value = text(variable);
      if (value === undefined) return byDefault;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= min && number <= max) return number;
      fault(variable, `must be an integer from ${min} to ${max}, was ${JSON.stringify(value)}`);
      return byDefault;
    },

    choice,

    flag: (variable: Variable, byDefault: boolean): boolean =>
      choice(variable, ['true', 'false'], byDefault ? 'true' : 'false') === 'true',

    /** Returns the content of the file that the variable names. The fault never shows it. */
    file(variable: Variable): string | undefined {
      const path = text(variable);
      if (path === undefined) return undefined;
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        const reason = error instanceof Error && 'code' in error ? error.code : String(error);
        fault(variable, `must name a readable file, was ${JSON.stringify(path)} (${reason})`);
        return undefined;
      }
    },
  };
}
