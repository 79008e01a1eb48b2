/** Failures to start: exit code 1, and a line that says what is wrong. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { startLoginServer } from './login-server.ts';
import { type Ended, parseLog, runProgram, type Settings, startService } from './start-service.ts';
import { makeFile, makeFolder } from './temporary-folder.ts';

/** Returns the SQL for a row of the migration ledger, as another release would write it. */
function ledgerRow(
  engine: (typeof ENGINES)[number],
  version: number,
  name: string,
  oldestCompatible: number,
) {
  const columns = 'version, name, oldest_compatible, checksum';
  const values = `${version}, '${name}', ${oldestCompatible}, 'x'`;
  return engine === 'MySQL'
    ? `INSERT INTO schema_migrations (${columns}, statements_begun, statements_applied, finished_at) VALUES (${values}, 1, 1, '2030-01-01')`
    : `INSERT INTO schema_migrations (${columns}, applied_at) VALUES (${values}, '2030-01-01')`;
}

/** Expects a single fatal log line. */
function expectFatal(ended: Ended, message: unknown): void {
  expect(ended).toMatchObject({ code: 1, signal: null, stderr: '' });
  expect(parseLog(ended.stdout)).toEqual([{ level: 'fatal', time: expect.any(String), message }]);
}

it.each(['main.ts', 'commands/migrate.ts'] as const)(
  '%s prints each fault of the configuration on its own line',
  async (file) => {
    const ended = await runProgram(file, {
      PORT: 'x',
      DATABASE_URL: 'mysql://ann:hunter2@db',
      DATABASE_PASSWORD_FILE: '/missing',
      STOP_SECONDS: '0',
    });
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ended.stderr.split('\n')).toEqual([
      'PORT must be an integer from 0 to 65535, was "x"',
      'DATABASE_URL must contain the database',
      'DATABASE_PASSWORD_FILE must name a readable file, was "/missing" (ENOENT)',
      'STOP_SECONDS must be an integer from 1 to 3600, was "0"',
      '',
    ]);
  },
);

/** Makes `localhost` a name with two addresses, for calls that ask for all of them. */
const TWO_ADDRESSES = `
  import dns from "node:dns";
  const { lookup } = dns;
  dns.lookup = (host, options, then) =>
    host === "localhost" && options?.all ? then(null, [{ address: "127.0.0.1", family: 4 }, { address: "127.0.0.2", family: 4 }]) : lookup(host, options, then);`;

it('listens on one address of HOST=localhost, because its limits are those of one server', async () => {
  const options = `--import=data:text/javascript,${encodeURIComponent(TWO_ADDRESSES)}`;
  const service = await startService({
    DATABASE_URL: 'sqlite::memory:',
    HOST: 'localhost',
    NODE_OPTIONS: options,
  });
  const { port } = new URL(service.url);
  await expect(fetch(`http://127.0.0.2:${port}/healthz`)).rejects.toThrow('fetch failed');
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
});

describe('before it creates or migrates a database, it reports', () => {
  async function startWith(settings: Settings): Promise<Ended> {
    const file = `${makeFolder()}/cars.db`;
    const ended = await runProgram('main.ts', {
      PORT: '0',
      DATABASE_URL: `sqlite:${file}`,
      AUTH_NONE_IS_INTENDED: 'true',
      ...settings,
    });
    expect(existsSync(file)).toBe(false);
    return ended;
  }

  it.each(['PORT', 'METRICS_PORT'])('that the port of %s is in use', async (variable) => {
    const other = await startService({ DATABASE_URL: 'sqlite::memory:' });
    const { port } = new URL(other.url);
    expectFatal(
      await startWith({ [variable]: port }),
      `port ${port} on "127.0.0.1" is in use: stop the process that uses it, or set ${variable}`,
    );
  });

  it.each([
    // An address that RFC 5737 keeps for documentation.
    ['192.0.2.1', 'HOST "192.0.2.1" is not an address of this machine'],
    ['[2001:db8::1]', 'HOST "2001:db8::1" is not an address of this machine'],
    ['no.such.host.invalid', 'HOST "no.such.host.invalid" is not a name that this machine knows'],
    ['[127.0.0.1]', 'HOST "[127.0.0.1]" is not a name that this machine knows'],
  ])('that it cannot listen on %s', async (HOST, message) => {
    expectFatal(await startWith({ HOST }), expect.stringContaining(message));
  });
});

it('accepts an IPv6 address in brackets, and names the documentation', async () => {
  const service = await startService({ DATABASE_URL: 'sqlite::memory:', HOST: '[::1]' });
  expect(service.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect(service.log()).toContainEqual(expect.objectContaining({ docs: `${service.url}/docs` }));
  expect((await fetch(`${service.url}/docs`)).status).toBe(200);
});

it.each(['client_ed25519', 'parsec', 'auth_gssapi_client', 'dialog', 'mysql_clear_password'])(
  'says that the login plugin %s is not supported, and what to do',
  async (plugin) => {
    const ofIam = plugin === 'mysql_clear_password' ? ' without DATABASE_AUTH=iam' : '';
    const says = `the database user logs in with the plugin "${plugin}", which is not supported${ofIam}; change the user to caching_sha2_password (MySQL) or mysql_native_password (MariaDB)`;
    const ended = await runProgram('commands/inspect.ts', { DATABASE_URL: await startLoginServer(plugin) });
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: `${says}\n` });
  },
);

it('keeps trying when the login plugin is not supported', async () => {
  const service = await startService({ DATABASE_URL: await startLoginServer('client_ed25519') });
  const line = await service.logged('the database is not ready');
  expect(line['reason']).toContain('client_ed25519');
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
});

it('says what to set when HOST is reachable and AUTH is not set', async () => {
  const ended = await runProgram('main.ts', { DATABASE_URL: 'sqlite::memory:', HOST: '0.0.0.0' });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^AUTH must be api-key, jwt or .*AUTH_NONE_IS_INTENDED=true\n$/);
});

/** Not even root can create folders here. */
const PROTECTED = '/sys';

it.each([
  ['a folder', () => makeFolder(), 'unable to open database file'],
  ['not a database', () => makeFile('not a database'.repeat(100)), 'file is not a database'],
  ['in a folder that it may not write', () => join(PROTECTED, 'cars-api/cars.db'), 'mkdir'],
  ['below a file', () => join(makeFile('a file'), 'cars.db'), 'EEXIST'],
])('names the database file when it is %s, and DATABASE_URL', async (_what, makePath, reason) => {
  const path = makePath();
  const settings = { DATABASE_URL: `sqlite:${path}`, PORT: '0' };
  const ended = await runProgram('main.ts', settings);
  const [line] = parseLog(ended.stdout);
  expectFatal(ended, line?.['message']);
  const message = String(line?.['message']);
  expect(message).toContain(`cannot open the database ${path} (`);
  expect(message).toContain(reason);
  expect(message).toMatch(/DATABASE_URL$/);
  for (const command of ['commands/migrate.ts', 'commands/inspect.ts'] as const) {
    const stderr = `${message}\n`;
    expect(await runProgram(command, settings)).toMatchObject({ code: 1, stdout: '', stderr });
  }
});

describe.each(ENGINES)('on %s, after another release changed the schema', (engine) => {
  async function makeMigrated() {
    const database = await makeDatabase(engine);
    const settings = { DATABASE_URL: database.url, PORT: '0' };
    expect(await runProgram('commands/migrate.ts', settings)).toMatchObject({ code: 0 });
    const addToLedger = (version: number, name: string, oldestCompatible: number) =>
      database.query(ledgerRow(engine, version, name, oldestCompatible));
    const [row] = await database.query('SELECT COUNT(*) AS applied FROM schema_migrations');
    return { database, settings, addToLedger, own: Number(row?.['applied']) };
  }

  it('rejects newer migrations that exclude this release, and names them', async () => {
    const { settings, addToLedger, own } = await makeMigrated();
    await addToLedger(own + 1, '9001-still-fine', own);
    await addToLedger(own + 2, '9002-drop-a-column', own + 1);
    await addToLedger(own + 3, '9003-drop-another', own + 2);
    const says = `the database has migrations that this service (schema version ${own}) cannot work with: 9002-drop-a-column, 9003-drop-another`;
    expectFatal(await runProgram('main.ts', settings), says);
    expect(await runProgram('commands/migrate.ts', settings)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `${says}\n`,
    });
  });

  it('rejects migrations that were edited after they were applied, and names them', async () => {
    const { database, settings } = await makeMigrated();
    await database.query(`UPDATE schema_migrations SET checksum = 'other' WHERE version = 2`);
    const says = expect.stringMatching(/^applied migrations differ from this service's files: 0002-[a-z-]+$/);
    expectFatal(await runProgram('main.ts', settings), says);
    const ended = await runProgram('commands/migrate.ts', settings);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr.replace(/\n$/, '')).toEqual(says);
  });

  it('accepts newer migrations that allow this release', async () => {
    const { settings, addToLedger, own } = await makeMigrated();
    await addToLedger(own + 1, '9001-add-a-column', own);
    const service = await startService(settings);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(200);
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('names the migration that fails, at every start until somebody repairs it', async () => {
    const database = await makeDatabase(engine);
    await database.query('CREATE TABLE cars (id INT)');
    const settings = { DATABASE_URL: database.url };
    const says = /^migration 0001-create-cars failed: .*already exists/;
    for (let start = 1; start <= 2; start += 1) {
      const ended = await runProgram('main.ts', settings);
      expect(ended).toMatchObject({ code: 1, stderr: '' });
      const last = parseLog(ended.stdout).at(-1);
      expect(last).toMatchObject({ level: 'fatal', message: expect.stringMatching(says) });
    }
    expect((await runProgram('commands/migrate.ts', settings)).stderr).toMatch(says);
  });
});
