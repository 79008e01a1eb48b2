/** Settings for the database: engine, address, user and pool. */

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
  /**
   * The region of the tokens of AWS IAM that replace the password; undefined to use the password.
   * With tokens, TLS is on.
   */
  readonly iamRegion: string | undefined;
  readonly tls: TlsMode;
  /** PEM certificates of the authorities to trust; undefined for those built into Node.js. */
  readonly tlsCa: string | undefined;
  readonly poolSize: number;
  readonly migrateOnStart: boolean;
  /** Whether each change adds an entry to the audit trail. */
  readonly audit: boolean;
  /**
   * A user that `migrate` creates for the service, with rights on rows only; undefined to create
   * none.
   */
  readonly appUser: AppUser | undefined;
}

export interface AppUser {
  readonly user: string;
  /** Undefined if the user signs in with a token of AWS IAM. */
  readonly password: Secret | undefined;
}

export interface SqliteConfig {
  readonly engine: 'sqlite';
  /** A file's path, or `:memory:`. */
  readonly path: string;
  readonly migrateOnStart: boolean;
  /** Whether each change adds an entry to the audit trail. */
  readonly audit: boolean;
}

export type DatabaseConfig = MysqlConfig | SqliteConfig;

const URL_FORMS = 'sqlite:FILE, sqlite::memory: or mysql://USER:PASSWORD@HOST:PORT/DATABASE';
const AUTHS = ['password', 'iam'] as const;
const PARTS = ['DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME', 'DATABASE_USER'] as const;

/** Reads either `DATABASE_URL` or its parts. */
export function parseDatabase(read: Reader): DatabaseConfig {
  const migrateOnStart = read.flag('MIGRATE_ON_START', true);
  const audit = read.choice('AUDIT', ['on', 'off'], 'on') === 'on';
  const url = read.text('DATABASE_URL');
  const parts = PARTS.filter((part) => read.text(part) !== undefined);
  if (url !== undefined && parts.length > 0) {
    for (const part of parts) read.fault(part, 'must not be set together with DATABASE_URL');
  }
  if (url === undefined && parts.length > 0) return { ...parseMysql(read, {}), migrateOnStart, audit };
  if (url?.startsWith('mysql://'))
    return { ...parseMysql(read, parseMysqlUrl(read, url)), migrateOnStart, audit };

  const path = /^sqlite:(.+)$/s.exec(url ?? 'sqlite:data/cars.db')?.[1];
  // The value may contain a password, so the message does not repeat it.
  if (path === undefined) {
    const scheme = /^(mariadb|mysql\w*(\+\w+)?):\/\//i.test(url ?? '') ? '; the scheme must be mysql://' : '';
    read.fault('DATABASE_URL', `must be ${URL_FORMS}${scheme}`);
  } else if (path.startsWith('//')) {
    read.fault('DATABASE_URL', 'must be sqlite:FILE, without "//" before the file');
  }
  return { engine: 'sqlite', path: path ?? '', migrateOnStart, audit };
}

interface MysqlUrl {
  readonly host?: string;
  readonly port?: number;
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
}

/**
 * Names the part that is wrong. No message shows a value, because a password could be in any part.
 */
function parseMysqlUrl(read: Reader, text: string): MysqlUrl {
  const fault = (problem: string) => read.fault('DATABASE_URL', problem);
  const url = URL.parse(text);
  if (url === null) {
    fault(
      'is not a valid URL. Check the host and the port, and percent-encode special characters in the user and password ("/" as %2F, "#" as %23, "?" as %3F, "@" as %40, "%" as %25)',
    );
    return { host: '?', name: '?', user: '?' };
  }
  const [, name = '', ...rest] = url.pathname.split('/');
  if (url.search !== '') {
    fault(
      'must not have parameters after "?". For TLS, set DATABASE_TLS=verify; a "?" in the user or password must be written %3F',
    );
  }
  if (url.hash !== '') fault('must not contain "#"; in the user or password, write it %23');
  if (rest.length > 0) fault('must end after the database; a "/" in a part must be written %2F');
  if (url.port === '0') fault('must not have port 0');
  const decode = (part: string, encoded: string) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      fault(`must percent-encode the ${part}: a "%" is written %25`);
      return '?';
    }
  };
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    name: decode('database', name),
    user: decode('user', url.username),
    password: decode('password', url.password),
  };
}

function parseMysql(read: Reader, url: MysqlUrl): Omit<MysqlConfig, 'migrateOnStart' | 'audit'> {
  const required = (value: string | undefined, variable: Variable, part: string): string => {
    const given = value ?? read.text(variable);
    if (given) return given;
    if (value === undefined) read.fault(variable, 'is required for MySQL');
    else read.fault('DATABASE_URL', `must contain the ${part}`);
    return '';
  };
  const host = required(url.host, 'DATABASE_HOST', 'host');
  const tls = parseTls(read);
  // For an IP address, the driver compares the certificate with the name localhost.
  if (tls.tls !== 'off' && isIP(host) !== 0) {
    const variable = url.host === undefined ? 'DATABASE_HOST' : 'DATABASE_URL';
    read.fault(
      variable,
      `must contain a host name when DATABASE_TLS is "${tls.tls}", was the address ${host}`,
    );
  }
  return {
    engine: 'mysql',
    host,
    port: url.port ?? read.integer('DATABASE_PORT', 3306, 1, 65535),
    name: required(url.name, 'DATABASE_NAME', 'database'),
    user: required(url.user, 'DATABASE_USER', 'user'),
    ...parseSignIn(read, url.password, tls.tls),
    ...tls,
    poolSize: read.integer('DATABASE_POOL_SIZE', 10, 1, 100),
    appUser: parseAppUser(read),
  };
}

function parseSignIn(
  read: Reader,
  fromUrl: string | undefined,
  tls: TlsMode,
): Pick<MysqlConfig, 'password' | 'iamRegion'> {
  const password = parsePassword(read, fromUrl);
  if (read.choice('DATABASE_AUTH', AUTHS, 'password') === 'password') {
    return { password: hide(password), iamRegion: undefined };
  }
  const iamRegion = read.text('AWS_REGION');
  if (iamRegion === undefined) read.fault('AWS_REGION', 'is required when DATABASE_AUTH is "iam"');
  // A token is sent as clear text.
  if (tls === 'off') read.fault('DATABASE_TLS', 'must be rds or verify when DATABASE_AUTH is "iam"');
  if (password !== '') read.fault('DATABASE_AUTH', 'must be "password" when a password is set, was "iam"');
  return { password: hide(''), iamRegion };
}

function parseAppUser(read: Reader): AppUser | undefined {
  const [user, password] = [read.text('DATABASE_APP_USER'), read.text('DATABASE_APP_PASSWORD')];
  const usesIam = read.choice('DATABASE_APP_AUTH', AUTHS, 'password') === 'iam';
  if (user === undefined) {
    if (password !== undefined) read.fault('DATABASE_APP_USER', 'is required with DATABASE_APP_PASSWORD');
    if (usesIam) read.fault('DATABASE_APP_USER', 'is required with DATABASE_APP_AUTH');
    return undefined;
  }
  if (usesIam) {
    if (password !== undefined) {
      read.fault('DATABASE_APP_PASSWORD', 'must not be set when DATABASE_APP_AUTH is "iam"');
    }
    return { user, password: undefined };
  }
  if (password !== undefined) return { user, password: hide(password) };
  read.fault('DATABASE_APP_PASSWORD', 'is required with DATABASE_APP_USER');
  return undefined;
}

function parsePassword(read: Reader, fromUrl: string | undefined): string {
  const sources = [
    { variable: 'DATABASE_URL', password: fromUrl || undefined },
    { variable: 'DATABASE_PASSWORD', password: read.text('DATABASE_PASSWORD') },
    // An editor ends a file with a newline, which is not part of the password.
    {
      variable: 'DATABASE_PASSWORD_FILE',
      password: read.file('DATABASE_PASSWORD_FILE')?.replace(/\r?\n$/, ''),
    },
  ].filter((source) => source.password !== undefined);
  if (sources.length > 1) {
    const names = sources.map((source) => source.variable).join(' and ');
    read.fault('DATABASE_PASSWORD', `must be set only once, was set in ${names}`);
  }
  return sources[0]?.password ?? '';
}

function parseTls(read: Reader): Pick<MysqlConfig, 'tls' | 'tlsCa'> {
  const tls = read.choice('DATABASE_TLS', ['off', 'verify', 'rds'], 'off');
  if (tls !== 'verify' && read.text('DATABASE_TLS_CA_FILE') !== undefined) {
    read.fault('DATABASE_TLS_CA_FILE', `must not be set unless DATABASE_TLS is "verify"; it is "${tls}"`);
  }
  return { tls, tlsCa: read.file('DATABASE_TLS_CA_FILE') };
}
