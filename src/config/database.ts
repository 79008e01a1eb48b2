/** Which database, where, and as whom. */

import { isIP } from 'node:net';
import type { Reader, Variable } from './reader.ts';
import { hide, type Secret } from './secret.ts';

export type TlsMode = 'off' | 'verify' | 'rds';

export interface MysqlConfig {
  readonly engine: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: Secret;
  readonly tls: TlsMode;
  /** Certificates of the authorities to trust, PEM; absent for those of the system. */
  readonly tlsCa: string | undefined;
  readonly poolSize: number;
  readonly migrateOnStart: boolean;
  /** Whether each change writes its entry into the audit trail. */
  readonly audit: boolean;
  /** The user that `migrate` makes for the service, with no rights but on rows; absent where the service is its own. */
  readonly appUser: AppUser | undefined;
}

export interface AppUser {
  readonly user: string;
  readonly password: Secret;
}

export interface SqliteConfig {
  readonly engine: 'sqlite';
  /** A file's path, or `:memory:`. */
  readonly path: string;
  readonly migrateOnStart: boolean;
  /** Whether each change writes its entry into the audit trail. */
  readonly audit: boolean;
}

export type DatabaseConfig = MysqlConfig | SqliteConfig;

const URL_FORMS = 'sqlite:FILE, sqlite::memory: or mysql://USER:PASSWORD@HOST:PORT/DATABASE';
const PARTS = ['DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME', 'DATABASE_USER'] as const;

/** From one URL, or from its parts. */
export function parseDatabase(read: Reader): DatabaseConfig {
  const migrateOnStart = read.flag('MIGRATE_ON_START', true);
  const audit = read.choice('AUDIT', ['on', 'off'], 'on') === 'on';
  const url = read.text('DATABASE_URL');
  const parts = PARTS.filter((part) => read.text(part) !== undefined);
  if (url !== undefined && parts.length > 0) {
    for (const part of parts) read.fault(part, 'must not be set beside DATABASE_URL, which says the same');
  }
  if (url === undefined && parts.length > 0) return { ...parseMysql(read, {}), migrateOnStart, audit };
  if (url?.startsWith('mysql://'))
    return { ...parseMysql(read, parseMysqlUrl(read, url)), migrateOnStart, audit };

  const path = /^sqlite:(.+)$/s.exec(url ?? 'sqlite:data/cars.db')?.[1];
  // The value may hold a password, so it is not shown.
  if (path === undefined || path.startsWith('//')) read.fault('DATABASE_URL', `must be ${URL_FORMS}`);
  return { engine: 'sqlite', path: path ?? '', migrateOnStart, audit };
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

function parseMysql(read: Reader, url: MysqlUrl): Omit<MysqlConfig, 'migrateOnStart' | 'audit'> {
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
    password: hide(parsePassword(read, url.password)),
    ...tls,
    poolSize: read.integer('DATABASE_POOL_SIZE', 10, 1, 100),
    appUser: parseAppUser(read),
  };
}

function parseAppUser(read: Reader): AppUser | undefined {
  const [user, password] = [read.text('DATABASE_APP_USER'), read.text('DATABASE_APP_PASSWORD')];
  if (user !== undefined && password !== undefined) return { user, password: hide(password) };
  if (user !== undefined)
    read.fault('DATABASE_APP_PASSWORD', 'must be set beside DATABASE_APP_USER, was not');
  if (password !== undefined)
    read.fault('DATABASE_APP_USER', 'must be set beside DATABASE_APP_PASSWORD, was not');
  return undefined;
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
