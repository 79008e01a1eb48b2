/** Invalid configurations: all faults are reported together, and no message contains a secret. */

import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BATCH_MAX_CARS } from '../../src/cars/car-batch.ts';
import { parseConfig } from '../../src/config/config.ts';
import { MIN_ROWS } from '../../src/config/limits.ts';
import { ConfigError, type Environment } from '../../src/config/reader.ts';
import { makeFile } from '../process/temporary-folder.ts';

/** The minimum of separate settings for a MySQL database. */
const PARTS = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'ann' };

const SECRET = 'hunter2-%41';

/** Returns each fault as it is printed; empty for a valid configuration. */
function faults(env: Environment): string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable, problem }) => `${variable} ${problem}`);
  }
}

it('reports all faults together, each with its variable, the rule and the value', () => {
  const env = {
    PORT: '65536',
    LOG_LEVEL: 'loud',
    DRAIN_SECONDS: '3601',
    STOP_SECONDS: '0',
    MIGRATE_ON_START: 'yes',
    AUDIT: 'true',
    CORS_ORIGINS: 'https://a.example,*',
    DATABASE_PORT: '0',
    DATABASE_USER: 'ann',
    DATABASE_POOL_SIZE: '101',
    DATABASE_TLS: 'on',
  };
  expect(faults(env).sort()).toEqual([
    'AUDIT must be one of on, off, was "true"',
    'CORS_ORIGINS must be a comma-separated list of origins like https://app.example.com; invalid: "*"',
    'DATABASE_HOST is required for MySQL',
    'DATABASE_NAME is required for MySQL',
    'DATABASE_POOL_SIZE must be an integer from 1 to 100, was "101"',
    'DATABASE_PORT must be an integer from 1 to 65535, was "0"',
    'DATABASE_TLS must be one of off, verify, rds, was "on"',
    'DRAIN_SECONDS must be an integer from 0 to 3600, was "3601"',
    'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, was "loud"',
    'MIGRATE_ON_START must be one of true, false, was "yes"',
    'PORT must be an integer from 0 to 65535, was "65536"',
    'STOP_SECONDS must be an integer from 1 to 3600, was "0"',
  ]);
  expect(() => parseConfig(env)).toThrow(/PORT must be .*; .*STOP_SECONDS must be /);
});

it.each([
  '*',
  'null',
  'https://a.example/',
  'https://a.example/x',
  'a.example',
  'HTTPS://a.example',
  'https://A.example',
  'https://a.example:443',
  'ftp://a.example',
  'file://',
])('rejects %s as an origin', (origin) => {
  expect(faults({ CORS_ORIGINS: `http://localhost:8080,${origin}` })).toEqual([
    expect.stringMatching(/^CORS_ORIGINS must be a comma-separated list of origins /),
  ]);
});

it('requires DATABASE_APP_USER and DATABASE_APP_PASSWORD together', () => {
  const mysql = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'admin' };
  expect(faults({ ...mysql, DATABASE_APP_USER: 'cars_app' })).toEqual([
    'DATABASE_APP_PASSWORD is required with DATABASE_APP_USER',
  ]);
  expect(faults({ ...mysql, DATABASE_APP_PASSWORD: SECRET })).toEqual([
    'DATABASE_APP_USER is required with DATABASE_APP_PASSWORD',
  ]);
});

describe('sign-in by IAM', () => {
  const iam = { ...PARTS, DATABASE_AUTH: 'iam', AWS_REGION: 'eu-central-1' };

  const WITHOUT_PARTS = { DATABASE_HOST: '', DATABASE_NAME: '', DATABASE_USER: '' };

  it('requires a region', () => {
    expect(faults({ ...iam, DATABASE_TLS: 'rds', AWS_REGION: '' })).toEqual([
      'AWS_REGION is required when DATABASE_AUTH is "iam"',
    ]);
  });

  it('requires verified TLS', () => {
    const fault = ['DATABASE_TLS must be rds or verify when DATABASE_AUTH is "iam"'];
    expect(faults(iam)).toEqual(fault);
    expect(faults({ ...iam, DATABASE_TLS: 'off' })).toEqual(fault);
    expect(faults({ ...iam, ...WITHOUT_PARTS, DATABASE_URL: 'mysql://ann@db/cars' })).toEqual(fault);
    expect(faults({ ...iam, DATABASE_TLS: 'rds' })).toEqual([]);
    expect(faults({ ...iam, DATABASE_TLS: 'verify' })).toEqual([]);
  });

  it.each([
    ['DATABASE_PASSWORD', { ...iam, DATABASE_PASSWORD: SECRET }],
    ['DATABASE_URL', { ...iam, ...WITHOUT_PARTS, DATABASE_URL: `mysql://ann:${SECRET}@db/cars` }],
    ['DATABASE_PASSWORD_FILE', { ...iam, DATABASE_PASSWORD_FILE: import.meta.filename }],
  ])('rejects a password in %s', (_, env) => {
    expect(faults({ ...env, DATABASE_TLS: 'rds' })).toEqual([
      'DATABASE_AUTH must be "password" when a password is set, was "iam"',
    ]);
  });

  it('needs a name for the second user, and no password', () => {
    const mysql = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'admin' };
    const app = { ...mysql, DATABASE_APP_AUTH: 'iam' };
    expect(faults({ ...app, DATABASE_APP_USER: 'cars_app' })).toEqual([]);
    expect(faults(app)).toEqual(['DATABASE_APP_USER is required with DATABASE_APP_AUTH']);
    expect(faults({ ...app, DATABASE_APP_USER: 'cars_app', DATABASE_APP_PASSWORD: SECRET })).toEqual([
      'DATABASE_APP_PASSWORD must not be set when DATABASE_APP_AUTH is "iam"',
    ]);
  });
});

it('rejects DRAIN_SECONDS that leave no time to stop', () => {
  expect(faults({ DRAIN_SECONDS: '10' })).toEqual([
    'DRAIN_SECONDS must be less than STOP_SECONDS (10), was 10',
  ]);
  expect(faults({ DRAIN_SECONDS: '30', STOP_SECONDS: '20' })).toHaveLength(1);
  expect(faults({ DRAIN_SECONDS: '9' })).toEqual([]);
});

it.each(['abc', '-1', '1.5', '1e3', '0x10', ' 80', '80 ', '99999999999'])('rejects %j as a port', (port) => {
  expect(faults({ PORT: port })).toEqual([
    `PORT must be an integer from 0 to 65535, was ${JSON.stringify(port)}`,
  ]);
});

it('rejects values in the wrong letter case', () => {
  expect(faults({ LOG_LEVEL: 'INFO', MIGRATE_ON_START: 'True' })).toHaveLength(2);
});

it.each([
  [
    'an unknown scheme',
    `postgres://ann:${SECRET}@db/cars`,
    'must be sqlite:FILE, sqlite::memory: or mysql://',
  ],
  ['no scheme', `ann:${SECRET}`, 'must be sqlite:FILE, sqlite::memory: or mysql://'],
  ['the scheme of MariaDB', `mariadb://ann:${SECRET}@db/cars`, 'the scheme must be mysql://'],
  ['the scheme of SQLAlchemy', `mysql+pymysql://ann:${SECRET}@db/cars`, 'the scheme must be mysql://'],
  ['no file', 'sqlite:', 'must be sqlite:FILE'],
  ['a host for a file', `sqlite://ann:${SECRET}@db/cars`, 'must be sqlite:FILE, without "//"'],
  ['a user with a bare %', `mysql://an%:${SECRET}@db/cars`, 'percent-encode the user'],
  ['a password with a bare %', 'mysql://ann:hunter2-%@db/cars', 'percent-encode the password'],
  [
    'a password with a slash',
    'mysql://ann:hunter2/%41@db/cars',
    'is not a valid URL. Check the host and the port',
  ],
  ['a password with #', 'mysql://ann:hunter2#x@db/cars', 'is not a valid URL. Check the host and the port'],
  ['a database with a bare %', `mysql://ann:${SECRET}@db/ca%rs`, 'percent-encode the database'],
  ['an invalid port', `mysql://ann:${SECRET}@db:99999/cars`, 'Check the host and the port'],
  ['port 0', `mysql://ann:${SECRET}@db:0/cars`, 'must not have port 0'],
  ['parameters', `mysql://ann:${SECRET}@db/cars?ssl=true`, 'set DATABASE_TLS=verify'],
  ['a fragment', `mysql://ann:${SECRET}@db/cars#x`, 'must not contain "#"'],
  ['more than a database', `mysql://ann:${SECRET}@db/cars/golf`, 'must end after the database'],
  ['a slash at the end', `mysql://ann:${SECRET}@db/cars/`, 'must end after the database'],
])('names what is wrong in a DATABASE_URL with %s, and does not show the password', (_what, url, says) => {
  const reported = faults({ DATABASE_URL: url });
  expect(reported).toEqual([expect.stringContaining(says)]);
  expect(reported.join()).not.toContain('hunter2');
});

it('names every part that is wrong in a DATABASE_URL', () => {
  expect(faults({ DATABASE_URL: 'mysql://a%:b%@db/cars/x?ssl=1#y' })).toHaveLength(5);
});

it.each([
  ['host', 'mysql:///cars'],
  ['user', `mysql://:${SECRET}@db/cars`],
  ['user', 'mysql://db/cars'],
  ['database', `mysql://ann:${SECRET}@db`],
  ['database', `mysql://ann:${SECRET}@db/`],
])('reports that the %s is missing in DATABASE_URL', (part, url) => {
  const reported = faults({ DATABASE_URL: url });
  expect(reported).toContain(`DATABASE_URL must contain the ${part}`);
  expect(reported.join()).not.toContain('hunter2');
});

it('rejects DATABASE_URL together with separate settings', () => {
  for (const DATABASE_URL of ['sqlite:cars.db', 'mysql://ann@db/cars']) {
    const reported = faults({ DATABASE_URL, ...PARTS, DATABASE_PORT: '3306' });
    const rule = 'must not be set together with DATABASE_URL';
    expect(reported).toEqual([
      `DATABASE_HOST ${rule}`,
      `DATABASE_PORT ${rule}`,
      `DATABASE_NAME ${rule}`,
      `DATABASE_USER ${rule}`,
    ]);
  }
});

it('rejects a password that is set twice, and shows neither', () => {
  const url = { DATABASE_URL: `mysql://ann:${SECRET}-url@db/cars` };
  const variable = { DATABASE_PASSWORD: `${SECRET}-variable` };
  const file = { DATABASE_PASSWORD_FILE: makeFile(`${SECRET}-file`) };
  const rule = 'DATABASE_PASSWORD must be set only once, was set in';
  expect(faults({ ...PARTS, ...variable, ...file })).toEqual([
    `${rule} DATABASE_PASSWORD and DATABASE_PASSWORD_FILE`,
  ]);
  expect(faults({ ...url, ...variable })).toEqual([`${rule} DATABASE_URL and DATABASE_PASSWORD`]);
  expect(faults({ ...url, ...file })).toEqual([`${rule} DATABASE_URL and DATABASE_PASSWORD_FILE`]);
});

it('reports only the URL when the URL is invalid and the password is not', () => {
  const reported = faults({ DATABASE_URL: 'mysql://ann@db:x/cars', DATABASE_PASSWORD: SECRET });
  expect(reported).toEqual([expect.stringMatching(/^DATABASE_URL is not a valid URL/)]);
});

it('reports a file that cannot be read, with the reason', () => {
  const folder = dirname(makeFile(''));
  const files = { DATABASE_PASSWORD_FILE: `${folder}/missing`, DATABASE_TLS_CA_FILE: folder };
  expect(faults({ ...PARTS, ...files, DATABASE_TLS: 'verify' }).sort()).toEqual([
    `DATABASE_PASSWORD_FILE must name a readable file, was "${folder}/missing" (ENOENT)`,
    `DATABASE_TLS_CA_FILE must name a readable file, was "${folder}" (EISDIR)`,
  ]);
});

it('rejects a CA file unless DATABASE_TLS is verify', () => {
  const ca = { DATABASE_TLS_CA_FILE: makeFile('PEM') };
  const rule = 'DATABASE_TLS_CA_FILE must not be set unless DATABASE_TLS is "verify"; it is';
  expect(faults({ ...PARTS, ...ca })).toEqual([`${rule} "off"`]);
  expect(faults({ ...PARTS, ...ca, DATABASE_TLS: 'rds' })).toEqual([`${rule} "rds"`]);
});

it.each(['127.0.0.1', '::1'])('rejects the address %s when TLS needs a host name', (address) => {
  for (const tls of ['verify', 'rds']) {
    const rule = `must contain a host name when DATABASE_TLS is "${tls}", was the address ${address}`;
    const host = address.includes(':') ? `[${address}]` : address;
    const url = { DATABASE_URL: `mysql://ann:${SECRET}@${host}/cars`, DATABASE_TLS: tls };
    expect(faults({ ...PARTS, DATABASE_HOST: address, DATABASE_TLS: tls })).toEqual([
      `DATABASE_HOST ${rule}`,
    ]);
    expect(faults(url)).toEqual([`DATABASE_URL ${rule}`]);
  }
});

it.each(['0.0.0.0', '::', '192.0.2.1', 'cars.internal', '127.0.0.1.example.com'])(
  'rejects HOST %s without authentication unless that is intended, and says what to set',
  (HOST) => {
    const rule = [
      `AUTH must be api-key, jwt or "api-key,jwt" because HOST is "${HOST}", which other machines can reach; to run without authentication, set AUTH_NONE_IS_INTENDED=true`,
    ];
    expect(faults({ HOST })).toEqual(rule);
    expect(faults({ HOST, AUTH: 'none' })).toEqual(rule);
    expect(faults({ HOST, AUTH_NONE_IS_INTENDED: 'false' })).toEqual(rule);
  },
);

it.each(['API-KEY', 'none,jwt', 'api-key,', 'api-key, jwt', 'jwt,jwt', 'basic'])(
  'rejects AUTH %j',
  (AUTH) => {
    const jwt = { JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars' };
    const reported = faults(AUTH.split(',').includes('jwt') ? { AUTH, ...jwt } : { AUTH });
    expect(reported).toEqual([
      `AUTH must be none, api-key, jwt or "api-key,jwt", was ${JSON.stringify(AUTH)}`,
    ]);
  },
);

it('requires issuer and audience with jwt, and rejects JWT settings without it', () => {
  expect(faults({ AUTH: 'jwt' })).toEqual([
    'JWT_ISSUER is required when AUTH includes jwt',
    'JWT_AUDIENCE is required when AUTH includes jwt',
  ]);
  const rule = 'must not be set unless AUTH includes jwt';
  expect(faults({ AUTH: 'api-key', JWT_ISSUER: 'https://login.example', JWT_ALGORITHMS: 'RS256' })).toEqual([
    `JWT_ISSUER ${rule}`,
    `JWT_ALGORITHMS ${rule}`,
  ]);
});

it.each([
  ['http://login.example', ', was "http://login.example/"'],
  ['http://127.0.0.1.example.com', ', was "http://127.0.0.1.example.com/"'],
  ['login.example', ''],
  ['ann:secret@login.example', ''],
  ['https://login.example?secret', ', was "https://login.example/?…"'],
  ['https://login.example/#secret', ', was "https://login.example/#…"'],
  ['https://ann:secret@login.example', ', was "https://…@login.example/"'],
  ['https://:secret@login.example/x', ', was "https://…@login.example/x"'],
])('rejects %s as an issuer, and hides the parts that may be secret', (JWT_ISSUER, was) => {
  const form = 'must be an https URL (http only for loopback) without';
  expect(faults({ AUTH: 'jwt', JWT_ISSUER, JWT_AUDIENCE: 'cars' })).toEqual([
    `JWT_ISSUER ${form} user, password, query or fragment${was}`,
  ]);
  const where = { JWT_JWKS_URL: JWT_ISSUER, JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars' };
  const isFit = /^https:\/\/login/.test(JWT_ISSUER);
  expect(faults({ AUTH: 'jwt', ...where })).toEqual(
    isFit ? [] : [`JWT_JWKS_URL ${form} user or password${was}`],
  );
});

// Proves: key-confusion
it.each(['none', 'HS256', 'RS256,HS512', 'rs256', 'RS256,'])(
  'rejects JWT_ALGORITHMS %s',
  (JWT_ALGORITHMS) => {
    const env = { AUTH: 'jwt', JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars', JWT_ALGORITHMS };
    expect(faults(env)).toEqual([
      expect.stringMatching(/^JWT_ALGORITHMS must be a comma-separated list of RS256, .*; invalid: "/),
    ]);
  },
);

it('rejects a limit for rows below a full batch', () => {
  expect(faults({ RATE_LIMIT_ROWS: '999' })).toEqual([
    'RATE_LIMIT_ROWS must be 0, or at least 1000 for a full batch, was "999"',
  ]);
  expect(MIN_ROWS).toBe(BATCH_MAX_CARS);
});

it('rejects limits and proxies that are not numbers', () => {
  expect(faults({ RATE_LIMIT_READS: '-1', RATE_LIMIT_WRITES: '1/s', TRUST_PROXY: 'true' })).toEqual([
    'RATE_LIMIT_READS must be an integer from 0 to 1000000, was "-1"',
    'RATE_LIMIT_WRITES must be an integer from 0 to 1000000, was "1/s"',
    'TRUST_PROXY must be an integer from 0 to 10, was "true"',
  ]);
});
