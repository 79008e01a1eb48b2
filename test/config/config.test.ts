/** The configuration as an operator gives it: every default, and every form of what can be set. */

import { describe, expect, it } from 'vitest';
import { LOG_LEVELS, parseConfig } from '../../src/config/config.ts';
import type { DatabaseConfig } from '../../src/config/database.ts';
import type { Environment } from '../../src/config/reader.ts';
import { makeFile } from '../process/temporary-folder.ts';

const MYSQL: DatabaseConfig = {
  engine: 'mysql',
  host: 'db',
  port: 3306,
  name: 'cars',
  user: 'ann',
  password: '',
  tls: 'off',
  tlsCa: undefined,
  poolSize: 10,
  appUser: undefined,
  migrateOnStart: true,
};

/** The least that names a MySQL database by its parts. */
const PARTS = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'ann' };

const SECRET = 'hunter2-%41';

function database(env: Environment): DatabaseConfig {
  return parseConfig(env).database;
}

describe('what is not set', () => {
  const defaults = {
    http: { host: '127.0.0.1', port: 5000 },
    database: { engine: 'sqlite', path: 'data/cars.db', migrateOnStart: true },
    logLevel: 'info',
    watching: { embeddedMetrics: false, metricsPort: 0, traces: undefined },
    drainSeconds: 0,
    stopSeconds: 10,
  };

  it('serves this machine from an embedded database when nothing is set', () => {
    expect(parseConfig({})).toEqual(defaults);
  });

  it('takes an empty variable for one that is not set, and leaves those of others alone', () => {
    const empty = { HOST: '', PORT: '', DATABASE_URL: '', DATABASE_HOST: '', DATABASE_PASSWORD_FILE: '' };
    expect(
      parseConfig({ ...empty, LOG_LEVEL: '', DRAIN_SECONDS: '', STOP_SECONDS: '', MIGRATE_ON_START: '' }),
    ).toEqual(defaults);
    expect(parseConfig({ PATH: '/bin', DATABASE: 'x', port: '1' })).toEqual(defaults);
  });

  it('gives a configuration that nothing can change', () => {
    for (const config of [parseConfig({}), parseConfig(PARTS)]) {
      expect(Object.isFrozen(config)).toBe(true);
      expect(Object.isFrozen(config.http)).toBe(true);
      expect(Object.isFrozen(config.database)).toBe(true);
    }
  });
});

describe('what is set', () => {
  it('takes host, port, log level, seconds to stop and whether to migrate', () => {
    const env = {
      HOST: '::',
      PORT: '0',
      LOG_LEVEL: 'trace',
      DRAIN_SECONDS: '3599',
      STOP_SECONDS: '3600',
      MIGRATE_ON_START: 'false',
    };
    expect(parseConfig(env)).toMatchObject({
      http: { host: '::', port: 0 },
      database: { engine: 'sqlite', migrateOnStart: false },
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
  ])('takes the embedded database %s', (url, path) => {
    expect(database({ DATABASE_URL: url })).toEqual({ engine: 'sqlite', path, migrateOnStart: true });
  });

  it.each<[string, Partial<DatabaseConfig>]>([
    ['mysql://ann@db/cars', {}],
    ['mysql://ann:pw@db/cars', { password: 'pw' }],
    ['mysql://ann:pw@db:13306/cars', { password: 'pw', port: 13_306 }],
    ['mysql://ann:p%40%2F%3A%25%23%C3%A9@db/cars', { password: 'p@/:%#é' }],
    ['mysql://a%40b:pw@db/my%2Fcars', { user: 'a@b', password: 'pw', name: 'my/cars' }],
    ['mysql://ann@127.0.0.1/cars', { host: '127.0.0.1' }],
    ['mysql://ann@[::1]:3307/cars', { host: '::1', port: 3307 }],
  ])('takes the MySQL database %s', (url, expected) => {
    expect(database({ DATABASE_URL: url })).toEqual({ ...MYSQL, ...expected });
  });

  it('takes a MySQL database by its parts', () => {
    expect(database(PARTS)).toEqual(MYSQL);
    const more = { DATABASE_PORT: '3307', DATABASE_POOL_SIZE: '100', MIGRATE_ON_START: 'false' };
    expect(database({ ...PARTS, ...more })).toEqual({
      ...MYSQL,
      port: 3307,
      poolSize: 100,
      migrateOnStart: false,
    });
  });

  it.each([
    ['a URL', { DATABASE_URL: 'mysql://ann@db/cars' }],
    ['parts', PARTS],
  ])('takes the password beside %s, from a variable or from a file', (_form, env) => {
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

  it("encrypts with Amazon's authorities, with those of a file, or with the system's", () => {
    expect(database({ ...PARTS, DATABASE_TLS: 'rds' })).toEqual({ ...MYSQL, tls: 'rds' });
    expect(database({ ...PARTS, DATABASE_TLS: 'verify' })).toEqual({ ...MYSQL, tls: 'verify' });
    const ca = { DATABASE_TLS: 'verify', DATABASE_TLS_CA_FILE: makeFile('PEM\n') };
    expect(database({ ...PARTS, ...ca })).toEqual({ ...MYSQL, tls: 'verify', tlsCa: 'PEM\n' });
  });
});
