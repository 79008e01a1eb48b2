/** A faulty configuration: every fault is told at once, in words that help, and no secret is told with it. */

import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigError, type Environment } from '../../src/config/reader.ts';
import { makeFile } from '../process/temporary-folder.ts';

/** The least that names a MySQL database by its parts. */
const PARTS = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'ann' };

const SECRET = 'hunter2-%41';

/** Each fault as its line on the terminal; empty when the configuration is good. */
function faults(env: Environment): string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable, problem }) => `${variable} ${problem}`);
  }
}

it('tells every fault at once, each with its variable, what it must be and what it was', () => {
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
    'CORS_ORIGINS must be origins such as https://app.example.com, separated by commas, had "*"',
    'DATABASE_HOST must be set for a MySQL database, was not',
    'DATABASE_NAME must be set for a MySQL database, was not',
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
])('does not take %s for an origin', (origin) => {
  expect(faults({ CORS_ORIGINS: `http://localhost:8080,${origin}` })).toEqual([
    expect.stringMatching(/^CORS_ORIGINS must be origins /),
  ]);
});

it('wants the user that it makes together with a password', () => {
  const mysql = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'admin' };
  expect(faults({ ...mysql, DATABASE_APP_USER: 'cars_app' })).toEqual([
    'DATABASE_APP_PASSWORD must be set beside DATABASE_APP_USER, was not',
  ]);
  expect(faults({ ...mysql, DATABASE_APP_PASSWORD: SECRET })).toEqual([
    'DATABASE_APP_USER must be set beside DATABASE_APP_PASSWORD, was not',
  ]);
});

it('refuses a drain that would leave no time to stop', () => {
  expect(faults({ DRAIN_SECONDS: '10' })).toEqual([
    'DRAIN_SECONDS must be less than STOP_SECONDS (10), was 10',
  ]);
  expect(faults({ DRAIN_SECONDS: '30', STOP_SECONDS: '20' })).toHaveLength(1);
  expect(faults({ DRAIN_SECONDS: '9' })).toEqual([]);
});

it.each(['abc', '-1', '1.5', '1e3', '0x10', ' 80', '80 ', '99999999999'])('refuses %j as a port', (port) => {
  expect(faults({ PORT: port })).toEqual([
    `PORT must be an integer from 0 to 65535, was ${JSON.stringify(port)}`,
  ]);
});

it('refuses words in another letter case', () => {
  expect(faults({ LOG_LEVEL: 'INFO', MIGRATE_ON_START: 'True' })).toHaveLength(2);
});

it.each([
  ['no known form', `postgres://ann:${SECRET}@db/cars`],
  ['no form at all', `ann:${SECRET}`],
  ['no file', 'sqlite:'],
  ['a host for a file', `sqlite://ann:${SECRET}@db/cars`],
  ['a password that is not percent-encoded', 'mysql://ann:hunter2-%@db/cars'],
  ['a port that is none', `mysql://ann:${SECRET}@db:99999/cars`],
  ['port 0', `mysql://ann:${SECRET}@db:0/cars`],
  ['parameters', `mysql://ann:${SECRET}@db/cars?ssl=true`],
  ['a fragment', `mysql://ann:${SECRET}@db/cars#x`],
  ['more than a database', `mysql://ann:${SECRET}@db/cars/golf`],
  ['a slash at the end', `mysql://ann:${SECRET}@db/cars/`],
])('refuses a DATABASE_URL with %s, and does not show the password', (_what, url) => {
  const told = faults({ DATABASE_URL: url });
  expect(told).toEqual([expect.stringMatching(/^DATABASE_URL must be sqlite:FILE, .* or mysql:\/\/USER/)]);
  expect(told.join()).not.toContain('hunter2');
});

it.each([
  ['host', 'mysql:///cars'],
  ['user', `mysql://:${SECRET}@db/cars`],
  ['user', 'mysql://db/cars'],
  ['database', `mysql://ann:${SECRET}@db`],
  ['database', `mysql://ann:${SECRET}@db/`],
])('tells that the %s is missing in a DATABASE_URL', (part, url) => {
  const told = faults({ DATABASE_URL: url });
  expect(told).toContain(`DATABASE_URL must name the ${part}, did not`);
  expect(told.join()).not.toContain('hunter2');
});

it('refuses a URL and parts together, which could say two things', () => {
  for (const DATABASE_URL of ['sqlite:cars.db', 'mysql://ann@db/cars']) {
    const told = faults({ DATABASE_URL, ...PARTS, DATABASE_PORT: '3306' });
    const says = 'must not be set beside DATABASE_URL, which says the same';
    expect(told).toEqual([
      `DATABASE_HOST ${says}`,
      `DATABASE_PORT ${says}`,
      `DATABASE_NAME ${says}`,
      `DATABASE_USER ${says}`,
    ]);
  }
});

it('refuses a password that is given twice, and shows neither', () => {
  const url = { DATABASE_URL: `mysql://ann:${SECRET}-url@db/cars` };
  const variable = { DATABASE_PASSWORD: `${SECRET}-variable` };
  const file = { DATABASE_PASSWORD_FILE: makeFile(`${SECRET}-file`) };
  const says = 'DATABASE_PASSWORD must be given once, was given by';
  expect(faults({ ...PARTS, ...variable, ...file })).toEqual([
    `${says} DATABASE_PASSWORD and DATABASE_PASSWORD_FILE`,
  ]);
  expect(faults({ ...url, ...variable })).toEqual([`${says} DATABASE_URL and DATABASE_PASSWORD`]);
  expect(faults({ ...url, ...file })).toEqual([`${says} DATABASE_URL and DATABASE_PASSWORD_FILE`]);
});

it('blames only the URL when it is a bad URL beside a good password', () => {
  const told = faults({ DATABASE_URL: 'mysql://ann@db:x/cars', DATABASE_PASSWORD: SECRET });
  expect(told).toEqual([expect.stringMatching(/^DATABASE_URL must be /)]);
});

it('names a file that cannot be read, and why', () => {
  const folder = dirname(makeFile(''));
  const files = { DATABASE_PASSWORD_FILE: `${folder}/missing`, DATABASE_TLS_CA_FILE: folder };
  expect(faults({ ...PARTS, ...files, DATABASE_TLS: 'verify' }).sort()).toEqual([
    `DATABASE_PASSWORD_FILE must name a readable file, was "${folder}/missing" (ENOENT)`,
    `DATABASE_TLS_CA_FILE must name a readable file, was "${folder}" (EISDIR)`,
  ]);
});

it('refuses authorities that nothing would be checked against', () => {
  const ca = { DATABASE_TLS_CA_FILE: makeFile('PEM') };
  const says = 'DATABASE_TLS_CA_FILE must not be set unless DATABASE_TLS is "verify", which is';
  expect(faults({ ...PARTS, ...ca })).toEqual([`${says} "off"`]);
  expect(faults({ ...PARTS, ...ca, DATABASE_TLS: 'rds' })).toEqual([`${says} "rds"`]);
});

it.each(['127.0.0.1', '::1'])(
  'refuses the address %s where the certificate is to name the host',
  (address) => {
    for (const tls of ['verify', 'rds']) {
      const says = `must name the host where DATABASE_TLS is "${tls}", had its address ${address}`;
      const host = address.includes(':') ? `[${address}]` : address;
      const url = { DATABASE_URL: `mysql://ann:${SECRET}@${host}/cars`, DATABASE_TLS: tls };
      expect(faults({ ...PARTS, DATABASE_HOST: address, DATABASE_TLS: tls })).toEqual([
        `DATABASE_HOST ${says}`,
      ]);
      expect(faults(url)).toEqual([`DATABASE_URL ${says}`]);
    }
  },
);

it.each(['0.0.0.0', '::', '192.0.2.1', 'cars.internal', '127.0.0.1.example.com'])(
  'refuses to let everybody in on %s unless that is intended, and says what to set',
  (HOST) => {
    const says = [
      `AUTH must be api-key, jwt or both where HOST is "${HOST}", which others can reach; or set AUTH_NONE_IS_INTENDED=true to let everybody do everything`,
    ];
    expect(faults({ HOST })).toEqual(says);
    expect(faults({ HOST, AUTH: 'none' })).toEqual(says);
    expect(faults({ HOST, AUTH_NONE_IS_INTENDED: 'false' })).toEqual(says);
  },
);

it.each(['API-KEY', 'none,jwt', 'api-key,', 'api-key, jwt', 'jwt,jwt', 'basic'])(
  'refuses %j as a way to know callers',
  (AUTH) => {
    const jwt = { JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars' };
    const told = faults(AUTH.split(',').includes('jwt') ? { AUTH, ...jwt } : { AUTH });
    expect(told).toEqual([`AUTH must be none, api-key, jwt or "api-key,jwt", was ${JSON.stringify(AUTH)}`]);
  },
);

it('asks for the issuer and the audience of tokens, and for nothing of tokens elsewhere', () => {
  expect(faults({ AUTH: 'jwt' })).toEqual([
    'JWT_ISSUER must be set where AUTH names jwt, was not',
    'JWT_AUDIENCE must be set where AUTH names jwt, was not',
  ]);
  const says = 'must not be set unless AUTH names jwt';
  expect(faults({ AUTH: 'api-key', JWT_ISSUER: 'https://login.example', JWT_ALGORITHMS: 'RS256' })).toEqual([
    `JWT_ISSUER ${says}`,
    `JWT_ALGORITHMS ${says}`,
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
])('refuses %s as an issuer, and does not show what may be a secret in it', (JWT_ISSUER, was) => {
  const form = 'must be an https URL (http only for this machine) without';
  expect(faults({ AUTH: 'jwt', JWT_ISSUER, JWT_AUDIENCE: 'cars' })).toEqual([
    `JWT_ISSUER ${form} user, password, query or fragment${was}`,
  ]);
  const where = { JWT_JWKS_URL: JWT_ISSUER, JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars' };
  const isFit = /^https:\/\/login/.test(JWT_ISSUER);
  expect(faults({ AUTH: 'jwt', ...where })).toEqual(
    isFit ? [] : [`JWT_JWKS_URL ${form} user or password${was}`],
  );
});

it.each(['none', 'HS256', 'RS256,HS512', 'rs256', 'RS256,'])(
  'refuses to accept tokens signed with %s',
  (JWT_ALGORITHMS) => {
    const env = { AUTH: 'jwt', JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'cars', JWT_ALGORITHMS };
    expect(faults(env)).toEqual([
      expect.stringMatching(/^JWT_ALGORITHMS must name some of RS256, .*, separated by commas, had "/),
    ]);
  },
);

it('refuses limits and proxies that are no numbers', () => {
  expect(faults({ RATE_LIMIT_READS: '-1', RATE_LIMIT_WRITES: '1/s', TRUST_PROXY: 'true' })).toEqual([
    'RATE_LIMIT_READS must be an integer from 0 to 1000000, was "-1"',
    'RATE_LIMIT_WRITES must be an integer from 0 to 1000000, was "1/s"',
    'TRUST_PROXY must be an integer from 0 to 10, was "true"',
  ]);
});
