/** Valid configurations: every default, and every accepted form of each setting. */

import { describe, expect, it } from 'vitest';
import { LOG_LEVELS, parseCommandConfig, parseConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/reader.ts';
import { makeFile } from '../process/temporary-folder.ts';

const MYSQL = {
  engine: 'mysql',
  host: 'db',
  port: 3306,
  name: 'cars',
  user: 'ann',
  password: '',
  iamRegion: undefined,
  tls: 'off',
  tlsCa: undefined,
  poolSize: 10,
  appUser: undefined,
  migrateOnStart: true,
  audit: true,
};

/** The minimum of separate settings for a MySQL database. */
const PARTS = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'ann' };

const SECRET = 'hunter2-%41';

/** Returns the database settings with the password as text. */
function database(env: Environment) {
  const config = parseConfig(env).database;
  return config.engine === 'mysql' ? { ...config, password: config.password() } : config;
}

describe('defaults', () => {
  const defaults = {
    http: { host: '127.0.0.1', port: 5000, corsOrigins: [] },
    database: { engine: 'sqlite', path: 'data/cars.db', migrateOnStart: true, audit: true },
    logLevel: 'info',
    observability: { embeddedMetrics: false, metricsPort: 0, traces: undefined },
    drainSeconds: 0,
    stopSeconds: 10,
    auth: { apiKeys: false, jwt: undefined, publicRead: false, loopbackOnly: true },
    limits: { reads: 0, writes: 0, rows: 0, proxies: 0 },
  };

  it('listens on loopback with an embedded database when nothing is set', () => {
    expect(parseConfig({})).toEqual(defaults);
  });

  it('treats an empty variable as unset, and ignores unknown variables', () => {
    const empty = { HOST: '', PORT: '', DATABASE_URL: '', DATABASE_HOST: '', DATABASE_PASSWORD_FILE: '' };
    expect(
      parseConfig({ ...empty, LOG_LEVEL: '', DRAIN_SECONDS: '', STOP_SECONDS: '', MIGRATE_ON_START: '' }),
    ).toEqual(defaults);
    expect(parseConfig({ PATH: '/bin', DATABASE: 'x', port: '1' })).toEqual(defaults);
  });

  it('freezes the configuration', () => {
    for (const config of [parseConfig({}), parseConfig(PARTS)]) {
      expect(Object.isFrozen(config)).toBe(true);
      expect(Object.isFrozen(config.http)).toBe(true);
      expect(Object.isFrozen(config.database)).toBe(true);
    }
  });
});

describe('settings', () => {
  it('accepts host, port, log level, stop times, origins, MIGRATE_ON_START and AUDIT', () => {
    const env = {
      HOST: '::',
      AUTH_NONE_IS_INTENDED: 'true',
      PORT: '0',
      LOG_LEVEL: 'trace',
      DRAIN_SECONDS: '3599',
      STOP_SECONDS: '3600',
      MIGRATE_ON_START: 'false',
      AUDIT: 'off',
      CORS_ORIGINS: 'https://a.example, http://b.example:8080',
    };
    expect(parseConfig(env)).toMatchObject({
      http: { host: '::', port: 0, corsOrigins: ['https://a.example', 'http://b.example:8080'] },
      database: { engine: 'sqlite', migrateOnStart: false, audit: false },
      logLevel: 'trace',
      drainSeconds: 3599,
      stopSeconds: 3600,
    });
    for (const level of LOG_LEVELS) expect(parseConfig({ LOG_LEVEL: level }).logLevel).toBe(level);
  });

  it.each([
    ['sqlite:cars.db', 'cars.db'],
    ['sqlite:data/the cars.db', 'data/the cars.db'],
    ['sqlite:/var/lib/cars.db', '/var/lib/cars.db'],
    ['sqlite::memory:', ':memory:'],
  ])('accepts the embedded database %s', (url, path) => {
    expect(database({ DATABASE_URL: url })).toEqual({
      engine: 'sqlite',
      path,
      migrateOnStart: true,
      audit: true,
    });
  });

  it.each<[string, Partial<typeof MYSQL>]>([
    ['mysql://ann@db/cars', {}],
    ['mysql://ann:pw@db/cars', { password: 'pw' }],
    ['mysql://ann:pw@db:13306/cars', { password: 'pw', port: 13_306 }],
    ['mysql://ann:p%40%2F%3A%25%23%C3%A9@db/cars', { password: 'p@/:%#é' }],
    ['mysql://a%40b:pw@db/my%2Fcars', { user: 'a@b', password: 'pw', name: 'my/cars' }],
    ['mysql://ann@127.0.0.1/cars', { host: '127.0.0.1' }],
    ['mysql://ann@[::1]:3307/cars', { host: '::1', port: 3307 }],
  ])('accepts the MySQL database %s', (url, expected) => {
    expect(database({ DATABASE_URL: url })).toEqual({ ...MYSQL, ...expected });
  });

  it('accepts a MySQL database in separate settings', () => {
    expect(database(PARTS)).toEqual(MYSQL);
    const more = {
      DATABASE_PORT: '3307',
      DATABASE_POOL_SIZE: '100',
      MIGRATE_ON_START: 'false',
      AUDIT: 'off',
      CORS_ORIGINS: 'https://a.example, http://b.example:8080',
    };
    expect(database({ ...PARTS, ...more })).toEqual({
      ...MYSQL,
      port: 3307,
      poolSize: 100,
      migrateOnStart: false,
      audit: false,
    });
  });

  it.each([
    ['a URL', { DATABASE_URL: 'mysql://ann@db/cars' }],
    ['parts', PARTS],
  ])('accepts the password with %s, from a variable or a file', (_form, env) => {
    expect(database({ ...env, DATABASE_PASSWORD: SECRET })).toEqual({ ...MYSQL, password: SECRET });
    for (const [content, password] of [
      [SECRET, SECRET],
      [`${SECRET}\n`, SECRET],
      [`${SECRET}\r\n`, SECRET],
      [` ${SECRET} \n\n`, ` ${SECRET} \n`],
    ] as const) {
      expect(database({ ...env, DATABASE_PASSWORD_FILE: makeFile(content) })).toEqual({ ...MYSQL, password });
    }
  });

  it('accepts the certificate authorities of Amazon, of a file, or of Node.js', () => {
    expect(database({ ...PARTS, DATABASE_TLS: 'rds' })).toEqual({ ...MYSQL, tls: 'rds' });
    expect(database({ ...PARTS, DATABASE_TLS: 'verify' })).toEqual({ ...MYSQL, tls: 'verify' });
    const ca = { DATABASE_TLS: 'verify', DATABASE_TLS_CA_FILE: makeFile('PEM\n') };
    expect(database({ ...PARTS, ...ca })).toEqual({ ...MYSQL, tls: 'verify', tlsCa: 'PEM\n' });
  });
});

describe('authentication and limits', () => {
  const TOKENS = { AUTH: 'jwt', JWT_ISSUER: 'https://login.example/', JWT_AUDIENCE: 'cars' };
  const jwt = {
    issuer: 'https://login.example/',
    audience: 'cars',
    jwksUrl: undefined,
    keysMaxAge: 3600,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
  };

  it('accepts API keys, tokens, both, or none', () => {
    const known = (env: Environment) => parseConfig(env).auth;
    expect(known({ AUTH: 'none' })).toEqual({
      apiKeys: false,
      jwt: undefined,
      publicRead: false,
      loopbackOnly: true,
    });
    expect(known({ AUTH: 'api-key' })).toEqual({
      apiKeys: true,
      jwt: undefined,
      publicRead: false,
      loopbackOnly: false,
    });
    expect(known(TOKENS)).toEqual({ apiKeys: false, jwt, publicRead: false, loopbackOnly: false });
    for (const AUTH of ['api-key,jwt', 'jwt,api-key']) {
      expect(known({ ...TOKENS, AUTH, PUBLIC_READ: 'true' })).toEqual({
        apiKeys: true,
        jwt,
        publicRead: true,
        loopbackOnly: false,
      });
    }
  });

  it("accepts the URL of the issuer's keys, and the allowed algorithms", () => {
    const more = { JWT_JWKS_URL: 'http://127.0.0.1:1/keys', JWT_ALGORITHMS: 'ES384,Ed25519' };
    const known = parseConfig({ ...TOKENS, ...more }).auth.jwt;
    expect(known).toEqual({ ...jwt, jwksUrl: expect.any(Function), algorithms: ['ES384', 'Ed25519'] });
    expect(known?.jwksUrl?.()).toBe('http://127.0.0.1:1/keys');
  });

  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('allows no authentication on %s', (HOST) => {
    expect(parseConfig({ HOST }).auth.apiKeys).toBe(false);
  });

  it('allows no authentication on other addresses only when intended, and API keys anywhere', () => {
    const HOST = '0.0.0.0';
    expect(parseConfig({ HOST, AUTH_NONE_IS_INTENDED: 'true' }).auth.apiKeys).toBe(false);
    expect(parseConfig({ HOST, AUTH: 'none', AUTH_NONE_IS_INTENDED: 'true' }).auth.apiKeys).toBe(false);
    expect(parseConfig({ HOST, AUTH: 'api-key' }).auth.apiKeys).toBe(true);
  });

  it('does not require AUTH for commands, which serve nobody', () => {
    expect(parseCommandConfig({ HOST: '0.0.0.0', DATABASE_URL: 'sqlite:x.db' })).toMatchObject({
      http: { host: '0.0.0.0' },
      database: { path: 'x.db' },
    });
  });

  it('accepts rate limits and the number of proxies', () => {
    const env = {
      RATE_LIMIT_READS: '600',
      RATE_LIMIT_WRITES: '60',
      RATE_LIMIT_ROWS: '5000',
      TRUST_PROXY: '2',
    };
    expect(parseConfig(env).limits).toEqual({ reads: 600, writes: 60, rows: 5000, proxies: 2 });
  });
});
