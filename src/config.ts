/** The configuration: every environment variable that the service knows, parsed once, every fault reported together. */

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
}

export type TlsMode = 'off' | 'verify' | 'rds';

export interface MysqlConfig {
  readonly engine: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsMode;
  /** Certificates of the authorities to trust, PEM; absent for those of the system. */
  readonly tlsCa: string | undefined;
  readonly poolSize: number;
  readonly migrateOnStart: boolean;
}

export interface SqliteConfig {
  readonly engine: 'sqlite';
  /** A file's path, or `:memory:`. */
  readonly path: string;
  readonly migrateOnStart: boolean;
}

export type DatabaseConfig = MysqlConfig | SqliteConfig;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly logLevel: LogLevel;
  /** Seconds after SIGTERM in which the service goes on as before, so that load balancers can turn away from it. */
  readonly drainSeconds: number;
  /** Seconds from SIGTERM to the end of the process, at most. */
  readonly stopSeconds: number;
}

/** One variable that is not as it must be. */
export interface ConfigFault {
  readonly variable: string;
  /** What it must be and what it was; never a secret's value. */
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

/** Every variable that {@link parseConfig} knows; `.env.example` documents each. */
export const VARIABLES = [
  'HOST',
  'PORT',
  'DATABASE_URL',
  'DATABASE_HOST',
  'DATABASE_PORT',
  'DATABASE_NAME',
  'DATABASE_USER',
  'DATABASE_PASSWORD',
  'DATABASE_PASSWORD_FILE',
  'DATABASE_TLS',
  'DATABASE_TLS_CA_FILE',
  'DATABASE_POOL_SIZE',
  'MIGRATE_ON_START',
  'LOG_LEVEL',
  'DRAIN_SECONDS',
  'STOP_SECONDS',
] as const;
type Variable = (typeof VARIABLES)[number];

/** Parses and freezes. An empty variable counts as not set. Throws {@link ConfigError} with every fault found. */
export function parseConfig(env: Environment): Config {
  const faults: ConfigFault[] = [];
  const read = createReader(env, faults);
  const config: Config = {
    http: { host: read.text('HOST') ?? '127.0.0.1', port: read.integer('PORT', 5000, 0, 65535) },
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
  if (faults.length > 0) throw new ConfigError(faults);
  return deepFreeze(config);
}

type Reader = ReturnType<typeof createReader>;

function createReader(env: Environment, faults: ConfigFault[]) {
  const fault = (variable: Variable, problem: string) => void faults.push({ variable, problem });
  const text = (variable: Variable) => env[variable] || undefined;

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

    choice<Value extends string>(variable: Variable, values: readonly Value[], byDefault: Value): Value {
      const value = text(variable);
      const found = values.find((candidate) => candidate === value);
      if (value !== undefined && found === undefined) {
        fault(variable, `must be one of ${values.join(', ')}, was ${JSON.stringify(value)}`);
      }
      return found ?? byDefault;
    },

    /** The content of the file that the variable names; the fault never shows what it holds. */
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

const URL_FORMS = 'sqlite:FILE, sqlite::memory: or mysql://USER:PASSWORD@HOST:PORT/DATABASE';
const PARTS = ['DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME', 'DATABASE_USER'] as const;

function parseDatabase(read: Reader): DatabaseConfig {
  const migrateOnStart = read.choice('MIGRATE_ON_START', ['true', 'false'], 'true') === 'true';
  const url = read.text('DATABASE_URL');
  const parts = PARTS.filter((part) => read.text(part) !== undefined);
  if (url !== undefined && parts.length > 0) {
    for (const part of parts) read.fault(part, 'must not be set beside DATABASE_URL, which says the same');
  }
  if (url === undefined && parts.length > 0) return { ...parseMysql(read, {}), migrateOnStart };
  if (url?.startsWith('mysql://')) return { ...parseMysql(read, parseMysqlUrl(read, url)), migrateOnStart };

  const path = /^sqlite:(.+)$/s.exec(url ?? 'sqlite:data/cars.db')?.[1];
  // The value may hold a password, so it is not shown.
  if (path === undefined || path.startsWith('//')) read.fault('DATABASE_URL', `must be ${URL_FORMS}`);
  return { engine: 'sqlite', path: path ?? '', migrateOnStart };
}

interface MysqlUrl {
  readonly host?: string;
  readonly port?: number;
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
}

function parseMysqlUrl(read: Reader, text: string): MysqlUrl {
  try {
    const url = new URL(text);
    const [, name = '', ...behind] = url.pathname.split('/');
    if (url.search !== '' || url.hash !== '' || behind.length > 0) throw new Error('it says more than this');
    if (url.port === '0') throw new Error('no server listens there');
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? 3306 : Number(url.port),
      name: decodeURIComponent(name),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  } catch {
    read.fault('DATABASE_URL', `must be ${URL_FORMS}, each part percent-encoded, with nothing behind it`);
    return { host: '?', name: '?', user: '?' };
  }
}

function parseMysql(read: Reader, url: MysqlUrl): Omit<MysqlConfig, 'migrateOnStart'> {
  const required = (value: string | undefined, variable: Variable, part: string): string => {
    const given = value ?? read.text(variable);
    if (given) return given;
    if (value === undefined) read.fault(variable, 'must be set for a MySQL database, was not');
    else read.fault('DATABASE_URL', `must name the ${part}, did not`);
    return '';
  };
  const host = required(url.host, 'DATABASE_HOST', 'host');
  const tls = parseTls(read);
  // The driver checks the certificate of a server without a name as if its name were localhost.
  if (tls.tls !== 'off' && isIP(host) !== 0) {
    const variable = url.host === undefined ? 'DATABASE_HOST' : 'DATABASE_URL';
    read.fault(variable, `must name the host where DATABASE_TLS is "${tls.tls}", had its address ${host}`);
  }
  return {
    engine: 'mysql',
    host,
    port: url.port ?? read.integer('DATABASE_PORT', 3306, 1, 65535),
    name: required(url.name, 'DATABASE_NAME', 'database'),
    user: required(url.user, 'DATABASE_USER', 'user'),
    password: parsePassword(read, url.password),
    ...tls,
    poolSize: read.integer('DATABASE_POOL_SIZE', 10, 1, 100),
  };
}

function parsePassword(read: Reader, fromUrl: string | undefined): string {
  const sources = [
    { variable: 'DATABASE_URL', password: fromUrl || undefined },
    { variable: 'DATABASE_PASSWORD', password: read.text('DATABASE_PASSWORD') },
    // A file made with an editor ends in a newline, which is not part of the password.
    {
      variable: 'DATABASE_PASSWORD_FILE',
      password: read.file('DATABASE_PASSWORD_FILE')?.replace(/\r?\n$/, ''),
    },
  ].filter((source) => source.password !== undefined);
  if (sources.length > 1) {
    const names = sources.map((source) => source.variable).join(' and ');
    read.fault('DATABASE_PASSWORD', `must be given once, was given by ${names}`);
  }
  return sources[0]?.password ?? '';
}

function parseTls(read: Reader): Pick<MysqlConfig, 'tls' | 'tlsCa'> {
  const tls = read.choice('DATABASE_TLS', ['off', 'verify', 'rds'], 'off');
  if (tls !== 'verify' && read.text('DATABASE_TLS_CA_FILE') !== undefined) {
    read.fault('DATABASE_TLS_CA_FILE', `must not be set unless DATABASE_TLS is "verify", which is "${tls}"`);
  }
  return { tls, tlsCa: read.file('DATABASE_TLS_CA_FILE') };
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  return Object.freeze(value);
}
