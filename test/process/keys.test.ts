/** The command `keys`, and its effect on running instances of the service. */

import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { type Ended, runProgram, startProgram, startService, until } from './start-service.ts';

/** Milliseconds. An instance reads the keys every 10 s, so twice in this time. */
const EFFECTIVE_WITHIN = 30_000;

const ID = '0123456789abcdef';
const KEY = `cars_${ID}_${'Leaked-By-Mistake_'.padEnd(43, 'x')}`;

const EXPIRES = ['--expires', '1h'];
const WRITER = ['--scope', 'cars:write', '--scope', 'cars:read', ...EXPIRES];

function keys(url: string, ...args: string[]): Promise<Ended> {
  return runProgram('commands/keys.ts', { DATABASE_URL: url, HOST: '0.0.0.0' }, { args });
}

async function create(url: string, name: string, ...grant: string[]): Promise<string> {
  const { stdout } = await keys(url, 'create', '--name', name, ...grant);
  return stdout.trim();
}

async function statusOf(service: { readonly url: string }, key: string): Promise<number> {
  return (await fetchWithRetries(`${service.url}/cars`, { headers: { 'x-api-key': key } })).status;
}

describe.each(ENGINES)('on %s', (engine) => {
  // Proves: keys-in-backups
  it('creates a key that is shown once, lists it without its secret, and revokes it', async () => {
    const { url, query } = await makeDatabase(engine);
    const made = await keys(url, 'create', '--name', 'ann', ...WRITER);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cars_[0-9a-f]{16}_\S{43}\n$/) });
    const id = made.stdout.slice(5, 21);
    expect(made.stderr).toMatch(`Stored key ${id} for ann with cars:write, cars:read, valid until 2`);
    const secret = made.stdout.trim().slice(22);
    expect(made.stderr).not.toContain(secret);

    const listed = await keys(url, 'list');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(listed.stdout)).toMatchObject({
      id,
      name: 'ann',
      state: 'live',
      scopes: ['cars:write', 'cars:read'],
    });
    expect(JSON.stringify(await query('SELECT * FROM api_keys'))).not.toContain(secret);

    expect(await keys(url, 'create', '--name', 'ann', ...WRITER)).toMatchObject({ code: 1, stdout: '' });
    expect(await keys(url, 'revoke', 'ann')).toMatchObject({ code: 0, stdout: '' });
    expect(await keys(url, 'revoke', 'ann')).toMatchObject({
      code: 1,
      stderr: 'no live key has the name or id "ann"\n',
    });
    expect(JSON.parse((await keys(url, 'list')).stdout)).toMatchObject({ id, state: 'revoked' });
  });

  it('stores the hash of a key that was generated without a database', async () => {
    const { url } = await makeDatabase(engine);
    const made = await runProgram(
      'commands/keys.ts',
      { DATABASE_URL: 'mysql://nobody@127.0.0.1:1/x' },
      { args: ['generate'] },
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const [key = '', options = ''] = made.stdout.split('\n');
    const added = await keys(url, 'add', ...options.split(' '), '--name', 'bob', ...WRITER);
    expect(added).toMatchObject({ code: 0, stdout: '' });
    const again = await keys(url, 'add', ...options.split(' '), '--name', 'eve', ...WRITER);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
    const service = await startService({ DATABASE_URL: url, AUTH: 'api-key' });
    expect([await statusOf(service, key), await statusOf(service, `${key.slice(0, -1)}_`)]).toEqual([
      200, 401,
    ]);
  });

  // Proves: stolen-key
  it('applies new and revoked keys on every running instance within 30 seconds', async () => {
    const { url } = await makeDatabase(engine);
    const settings = { DATABASE_URL: url, AUTH: 'api-key' };
    const instances = [await startService(settings), await startService(settings)];
    const everywhere = (key: string, status: number) =>
      until(
        `${status} from every instance`,
        async () => {
          const statuses = await Promise.all(instances.map((instance) => statusOf(instance, key)));
          return statuses.every((one) => one === status);
        },
        EFFECTIVE_WITHIN,
      );
    // The instances have read the keys before the second one is created.
    const first = await create(url, 'first', ...WRITER);
    await everywhere(first, 200);
    const second = await create(url, 'second', ...WRITER);
    await everywhere(second, 200);
    await keys(url, 'revoke', 'second');
    await everywhere(second, 401);
    expect(await Promise.all(instances.map((instance) => statusOf(instance, first)))).toEqual([200, 200]);
  });
});

it('works with a database user that has rights on rows only', async () => {
  const database = await makeDatabase('MySQL');
  const user = `app${randomBytes(6).toString('hex')}`;
  onTestFinished(async () => void (await database.query(`DROP USER IF EXISTS '${user}'@'%'`)));
  const app = { DATABASE_APP_USER: user, DATABASE_APP_PASSWORD: 'secret' };
  expect(await runProgram('commands/migrate.ts', { DATABASE_URL: database.url, ...app })).toMatchObject({
    code: 0,
  });
  const url = new URL(database.url);
  url.username = user;
  url.password = 'secret';
  const settings = { DATABASE_URL: url.href, MIGRATE_ON_START: 'false' };
  const run = (...args: string[]) => runProgram('commands/keys.ts', settings, { args });
  expect(await run('create', '--name', 'ann', ...WRITER)).toMatchObject({ code: 0 });
  expect(await run('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('"ann"') });
  expect(await run('revoke', 'ann')).toMatchObject({ code: 0 });
});

it.each([
  [[], 'COMMAND must be one of create, generate, add, list, revoke, was missing'],
  [['delete'], 'was "delete"'],
  [['create'], '--scope must be one of cars:read, cars:write, admin, was missing'],
  [['create', '--name', 'ann', '--scope', 'cars', ...EXPIRES], '--scope must be one of'],
  [['create', '--name', 'a b', '--scope', 'admin', ...EXPIRES], '--name must be 1 to 64 letters'],
  [['create', '--name', 'x'.repeat(65), '--scope', 'admin', ...EXPIRES], '--name must be 1 to 64 letters'],
  [['create', '--name', '0123456789abcdef', '--scope', 'admin', ...EXPIRES], 'must not look like an id'],
  [['create', '--name', 'ann', '--scope', 'admin'], '--expires must be like 30m, 12h or 90d'],
  [['create', '--name', 'ann', '--scope', 'admin', '--expires', '90'], '--expires must be like'],
  [['create', '--name', 'ann', '--scope', 'admin', '--expires', '0d'], '--expires must be like'],
  [['create', '--name', 'ann', '--scope', 'admin', '--expires', '3651d'], 'at most 3650d'],
  [['create', '--name', 'ann', '--scope', 'admin', ...EXPIRES, '--id', 'x'], 'create does not accept --id'],
  [['add', '--name', 'ann', '--scope', 'admin', ...EXPIRES], '--id must be 16 hexadecimal digits'],
  [['list', 'ann'], 'list accepts options only'],
  [['revoke'], 'revoke needs one name or id'],
  [['revoke', 'ann', 'bob'], 'revoke needs one name or id'],
  [['create', '--colour', 'red'], "'--colour'"],
  // A key in the wrong place must not be printed, because output may be logged.
  [['revoke', KEY], 'revoke needs a name or id, not the key itself'],
  [['add', '--hash', KEY, '--id', ID, '--name', 'ann', '--scope', 'admin', ...EXPIRES], 'was a key'],
  [['add', '--id', KEY, '--name', 'ann', '--scope', 'admin', ...EXPIRES], 'was a key'],
  [['create', '--name', `${KEY}`, '--scope', 'admin', ...EXPIRES], 'was a key'],
  [['create', '--name', 'ann', '--scope', KEY, ...EXPIRES], 'was a key'],
  [['create', '--name', 'ann', '--scope', 'admin', '--expires', KEY.slice(0, 50)], 'was a key'],
])('exits with 2 on wrong usage: %j', async (args, says) => {
  const ended = await runProgram('commands/keys.ts', { DATABASE_URL: 'sqlite::memory:' }, { args });
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toMatch(/^keys: .*\nTry --help\.\n$/s);
  expect(ended.stderr).toContain(says);
  expect(ended.stderr).not.toContain(KEY.slice(22, 40));
});

it('exits with 1 and one line when nobody reads the result', async () => {
  const { child, ended } = startProgram('commands/keys.ts', {}, { args: ['generate'] });
  child.stdout?.destroy();
  expect(await ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^cannot write the result: .*EPIPE\n$/),
  });
});

it('prints its help', async () => {
  const ended = await runProgram('commands/keys.ts', {}, { args: ['--help'] });
  expect(ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage: npm run keys/) });
});

it('exits with 1 and prints the reason when the database is unavailable', async () => {
  const ended = await keys('mysql://root@127.0.0.1:1/x', 'list');
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('ECONNREFUSED') });
});

it('answers 503 to a key while the keys cannot be read', async () => {
  const service = await startService({ DATABASE_URL: 'mysql://root@127.0.0.1:1/x', AUTH: 'api-key' });
  const headers = { 'x-api-key': `cars_0123456789abcdef_${'x'.repeat(43)}` };
  const answer = await fetch(`${service.url}/cars`, { headers });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect((await fetchWithRetries(`${service.url}/cars`)).status).toBe(401);
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
});
