/** Secrets in settings appear in no output of any process, whether it succeeds or fails. */

import { hash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/reader.ts';
import { askEverything } from './ask-everything.ts';
import { makeDatabase } from './databases.ts';
import { expectNoSecret, SECRETS } from './planted-secrets.ts';
import { type Ended, runProgram, type Settings, startProgram, startService, until } from './start-service.ts';
import { makeFile } from './temporary-folder.ts';

/** Settings whose names sound secret but are not. */
const HARMLESS = ['JWT_KEYS_MAX_AGE', 'DATABASE_APP_USER', 'DATABASE_APP_AUTH'];

const outputOf = ({ stdout, stderr }: Ended) => `${stdout}\n${stderr}`;

const LOUD = { LOG_LEVEL: 'trace' };
const APP_USER = { DATABASE_APP_USER: 'leak_app', DATABASE_APP_PASSWORD: SECRETS.DATABASE_APP_PASSWORD };

/** A database with a user whose password is the secret for `DATABASE_URL`. */
async function aDatabase() {
  const database = await makeDatabase('MySQL');
  const user = `leak_${randomBytes(6).toString('hex')}`;
  const password = SECRETS.DATABASE_URL;
  await database.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
  onTestFinished(async () => void (await database.query(`DROP USER '${user}'@'%'`)));
  await database.query(`GRANT ALL ON ${new URL(database.url).pathname.slice(1)}.* TO '${user}'@'%'`);
  const url = new URL(database.url);
  [url.username, url.password] = [user, password];
  return { database, user, settings: { ...LOUD, DATABASE_URL: url.href } };
}

it('plants a secret in every setting that can contain one', () => {
  const sounding = VARIABLES.filter((name) => /URL|PASSWORD|SECRET|KEY|TOKEN|APP|ENDPOINT|ISSUER/.test(name));
  expect(sounding.filter((name) => !(name in SECRETS) && !HARMLESS.includes(name))).toEqual([]);
});

it('finds a leaked secret, plain or encoded', () => {
  for (const secret of Object.values(SECRETS)) {
    expect(() => expectNoSecret(`a ${secret} b`)).toThrow();
    for (const around of ['', 'a', 'ab', 'abc']) {
      const encoded = Buffer.from(`${around}${secret}${around}`).toString('base64');
      expect(() => expectNoSecret(`Basic ${encoded}`)).toThrow();
    }
    expect(() => expectNoSecret(hash('sha256', secret))).toThrow();
  }
});

// Proves: passwords-in-output
it('hides them in every dump of the configuration', () => {
  const parts = { DATABASE_HOST: 'db', DATABASE_NAME: 'cars', DATABASE_USER: 'ann', ...APP_USER };
  for (const env of [
    { DATABASE_URL: `mysql://ann:${SECRETS.DATABASE_URL}@db/cars`, ...APP_USER },
    { ...parts, DATABASE_PASSWORD: SECRETS.DATABASE_PASSWORD },
    { ...parts, DATABASE_PASSWORD_FILE: makeFile(SECRETS.DATABASE_PASSWORD_FILE) },
  ]) {
    const config = parseConfig(env);
    expect(config.database).toMatchObject({ engine: 'mysql', user: 'ann' });
    expectNoSecret(inspect(config, { depth: Number.POSITIVE_INFINITY, showHidden: true }));
    expectNoSecret(JSON.stringify(config));
    expectNoSecret(inspect(structuredClone(JSON.parse(JSON.stringify(config)))));
  }
});

describe('a run', () => {
  it('that succeeds shows none: service, migrate, inspect', async () => {
    const { database, user, settings } = await aDatabase();
    expectNoSecret(outputOf(await runProgram('commands/migrate.ts', settings)));
    const service = await startService(settings);
    expectNoSecret(await askEverything(service.url));
    expectNoSecret(outputOf(await service.stop('SIGTERM')));
    expectNoSecret(outputOf(await runProgram('commands/inspect.ts', settings)));

    await database.query(`ALTER USER '${user}'@'%' IDENTIFIED BY '${SECRETS.DATABASE_PASSWORD}'`);
    const url = new URL(settings.DATABASE_URL);
    url.password = '';
    const apart = { ...LOUD, DATABASE_URL: url.href, DATABASE_PASSWORD: SECRETS.DATABASE_PASSWORD };
    expectNoSecret(outputOf(await (await startService(apart)).stop()));
  });

  // Proves: internals-in-answers
  it('that answers 500 shows none in answers or log', async () => {
    const { database, settings } = await aDatabase();
    const service = await startService(settings);
    await fetch(`${service.url}/readyz`);
    await database.query('ALTER TABLE cars RENAME COLUMN brand TO gone');
    const answers = await askEverything(service.url);
    expect(answers).toContain('500 ');
    expectNoSecret(answers);
    const ended = await service.stop();
    expect(ended.stdout).toContain('"problem":"internal"');
    expectNoSecret(outputOf(ended));
  });

  it.each([
    ['a wrong password', { password: SECRETS.DATABASE_PASSWORD }],
    ['no server', { port: '1' }],
    ['an unknown host name', { hostname: 'nowhere.invalid' }],
  ])('with %s shows none, in any program', async (_, wrong) => {
    const { settings } = await aDatabase();
    const url = Object.assign(new URL(settings.DATABASE_URL), wrong);
    const spoilt: Settings = { ...settings, DATABASE_URL: url.href };
    const service = startProgram('main.ts', { PORT: '0', ...spoilt });
    const line = await service.logged('Server listening at ');
    await until('a reason', () => service.output.stdout.includes('trying again'));
    expectNoSecret(await askEverything(String(line['message']).replace('Server listening at ', '')));
    service.child.kill('SIGTERM');
    expectNoSecret(outputOf(await service.ended));
    for (const program of ['commands/migrate.ts', 'commands/inspect.ts'] as const) {
      const ended = await runProgram(program, { ...spoilt, ...APP_USER });
      expect(ended.code).toBe(1);
      expectNoSecret(outputOf(ended));
    }
  });

  it('whose migration fails, or that may not create users, shows none', async () => {
    const { database, settings } = await aDatabase();
    const forbidden = await runProgram('commands/migrate.ts', { ...settings, ...APP_USER });
    expect(forbidden.code).toBe(1);
    expectNoSecret(outputOf(forbidden));
    await database.query('DROP TABLE schema_migrations');
    for (const program of ['commands/migrate.ts', 'main.ts'] as const) {
      const ended = await runProgram(program, { PORT: '0', ...settings });
      expect(ended.code).toBe(1);
      expect(outputOf(ended)).toContain('0001-create-cars failed');
      expectNoSecret(outputOf(ended));
    }
  });

  const url = `mysql://ann:${SECRETS.DATABASE_URL}@db/cars`;
  it.each<[string, Settings]>([
    ['has parameters', { DATABASE_URL: `${url}?ssl=1` }],
    ['has an unknown scheme', { DATABASE_URL: url.replace('mysql', 'postgres') }],
    ['has a password that is not encoded', { DATABASE_URL: url.replace('@db', '/%@db') }],
    [
      'is set with separate settings',
      { DATABASE_URL: url, DATABASE_HOST: 'db', DATABASE_PASSWORD: SECRETS.DATABASE_PASSWORD },
    ],
    ['is set with a password file', { DATABASE_URL: url, DATABASE_PASSWORD_FILE: import.meta.filename }],
    [
      'is set with half an app user',
      { DATABASE_URL: url, DATABASE_APP_PASSWORD: SECRETS.DATABASE_APP_PASSWORD },
    ],
    [
      'has an IP address with TLS',
      { DATABASE_URL: url.replace('@db', '@127.0.0.1'), DATABASE_TLS: 'verify' },
    ],
  ])('whose DATABASE_URL %s shows none', async (_, settings) => {
    for (const program of ['main.ts', 'commands/migrate.ts', 'commands/inspect.ts'] as const) {
      const ended = await runProgram(program, { ...LOUD, PORT: 'x', ...settings });
      expect(ended.code).toBe(1);
      expect(ended.stderr).toContain('PORT must be');
      expectNoSecret(outputOf(ended));
    }
  });
});
