/** The command `audit` lists, archives and removes entries of the audit trail, beside a running service. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseArguments } from '../../src/commands/audit/arguments.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import { queryRows } from '../../tools/mysql-client.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import type { TestDatabase } from '../support/test-database.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { runProgram, type Service, startProgram, startService, until } from './start-service.ts';

type Engine = (typeof ENGINES)[number];

const audit = (url: string, ...args: string[]) =>
  runProgram('commands/audit.ts', { DATABASE_URL: url }, { args });

/** A path in a folder of its own, without a file. */
function aFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'archive.jsonl');
}

async function send({ url }: Service, method: string, path: string, model?: string) {
  // A service that has just started may still be migrating.
  const response = await fetchWithRetries(`${url}${path}`, {
    method,
    ...(model !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ brand: 'Škoda', model, year: 2018 }),
    }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** Dates the entries back to a day. */
async function age(database: TestDatabase, engine: Engine, day: string, where = 'TRUE'): Promise<void> {
  const time = engine === 'MySQL' ? `'${day} 10:00:00.123'` : Date.parse(`${day}T10:00:00.123Z`);
  await database.query(`UPDATE car_changes SET changed_at = ${time} WHERE ${where}`);
}

/** Doubles the entries so many times. */
async function double(database: TestDatabase, times: number): Promise<void> {
  const columns =
    'car_id, version, kind, caller, request_id, changed_at, brand_before, model_before, year_before, brand_after, model_after, year_after';
  for (let time = 0; time < times; time += 1) {
    await database.query(`INSERT INTO car_changes (${columns}) SELECT ${columns} FROM car_changes`);
  }
}

const countOf = async (database: TestDatabase) =>
  Number((await database.query('SELECT COUNT(*) AS count FROM car_changes'))[0]?.['count']);

const readLines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

describe.each(ENGINES)('on %s', (engine) => {
  it('archives what is older, keeps the rest, and leaves histories without what it removed', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    await send(service, 'POST', '/cars', 'one');
    await send(service, 'POST', '/cars', 'two');
    await send(service, 'POST', '/cars', 'three');
    await send(service, 'DELETE', '/cars/3');
    await age(database, engine, '2026-01-31');
    await send(service, 'PATCH', '/cars/1', 'one, later');
    const file = aFile();

    const none = await audit(database.url, 'archive', file, '--before', '2026-01-31');
    expect(none).toMatchObject({
      code: 0,
      stdout: 'removed 0 entries from before 2026-01-31T00:00:00.000Z\n',
    });
    expect(existsSync(file)).toBe(false);

    const time = '2026-01-31T10:00:01Z';
    expect(await audit(database.url, 'archive', file, '--before', time)).toMatchObject({
      code: 0,
      stdout: `removed 4 entries from before 2026-01-31T10:00:01.000Z; they are in ${file}\n`,
      stderr: '',
    });
    const entries = readLines(file).map((line) => JSON.parse(line));
    expect(entries).toMatchObject([
      { id: 1, carId: 1, change: 'created', version: 1, before: null, after: { model: 'one' } },
      { id: 2, carId: 2, change: 'created' },
      { id: 3, carId: 3, change: 'created' },
      { id: 4, carId: 3, change: 'deleted', version: 2, before: { model: 'three' }, after: null },
    ]);
    expect(entries[0]).toMatchObject({
      caller: '',
      requestId: expect.any(String),
      time: '2026-01-31T10:00:00.123Z',
    });
    expect(statSync(file).mode & 0o077).toBe(0);

    const history = await send(service, 'GET', '/cars/1/history');
    expect(history.body).toMatchObject([{ change: 'updated', version: 2, before: { model: 'one' } }]);
    expect(await send(service, 'GET', '/cars/2/history')).toMatchObject({ status: 200, body: [] });
    expect(await send(service, 'GET', '/cars/3/history')).toMatchObject({ status: 404 });
    // What comes next continues the trail.
    await send(service, 'PUT', '/cars/2', 'two, later');
    expect((await send(service, 'GET', '/cars/2/history')).body).toMatchObject([{ version: 2 }]);
    expect((await send(service, 'POST', '/cars', 'four')).body).toMatchObject({ id: 4 });
  });

  it('lists what one client changed since a time, and removes nothing', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    for (const model of ['one', 'two', 'three']) await send(service, 'POST', '/cars', model);
    // More than one page of them, and an entry of another client at the end.
    await double(database, 11);
    await send(service, 'PATCH', '/cars/2', 'two, later');
    await send(service, 'DELETE', '/cars/3');
    await database.query("UPDATE car_changes SET caller = 'ann' WHERE id = 2 OR version = 2");
    await age(database, engine, '2026-01-31', "caller <> 'ann' OR id = 2");
    await database.query("UPDATE car_changes SET caller = 'bob' WHERE kind = 'deleted'");
    const before = await countOf(database);

    const list = async (...args: string[]) => {
      const { code, stdout, stderr } = await audit(database.url, 'list', ...args);
      const entries = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
      const end = new RegExp(`^${entries.length} changes by \\w+ since 2026-0[12]-`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(end) });
      return entries;
    };
    expect(await list('--caller', 'ann', '--since', '2026-01-31')).toMatchObject([
      { carId: 2, change: 'created', caller: 'ann', before: null, after: { model: 'two' } },
      { carId: 2, change: 'updated', caller: 'ann', after: { model: 'two, later' } },
    ]);
    expect(await list('--caller', 'ann', '--since', '2026-02-01')).toMatchObject([{ change: 'updated' }]);
    expect(await list('--caller', 'bob', '--since', '2026-01-31')).toMatchObject([{ carId: 3 }]);
    expect(await list('--caller', 'an', '--since', '2026-01-01')).toEqual([]);
    expect(await countOf(database)).toBe(before);
  });

  it('finds old entries after many that a clock dated later', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    await send(service, 'POST', '/cars', 'one');
    await double(database, 11);
    await age(database, engine, '2026-01-31', 'id > 1200');
    const [row] = await database.query('SELECT COUNT(*) AS later FROM car_changes WHERE id <= 1200');
    expect(await audit(database.url, 'purge', '--before', '2026-02-01')).toMatchObject({ code: 0 });
    expect(await countOf(database)).toBe(Number(row?.['later']));
  });

  it('never overwrites a file, and then removes nothing', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    await send(service, 'POST', '/cars', 'one');
    await age(database, engine, '2026-01-31');
    const file = aFile();
    await audit(database.url, 'archive', file, '--before', '1d');
    const archived = readFileSync(file, 'utf8');
    await send(service, 'POST', '/cars', 'two');
    await age(database, engine, '2026-01-31');
    const ended = await audit(database.url, 'archive', file, '--before', '1d');
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('EEXIST') });
    expect(readFileSync(file, 'utf8')).toBe(archived);
    expect(await countOf(database)).toBe(1);
    const elsewhere = await audit(database.url, 'archive', '/does/not/exist', '--before', '1d');
    expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
    expect(await countOf(database)).toBe(1);
  });

  it('lets the service write while it removes many entries', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    await send(service, 'POST', '/cars', 'one');
    await double(database, 12);
    await age(database, engine, '2026-01-31');
    const { ended, child } = startProgram(
      'commands/audit.ts',
      { DATABASE_URL: database.url },
      { args: ['purge', '--before', '2026-02-01'] },
    );
    const statuses = new Set<number>();
    let writes = 0;
    while (child.exitCode === null) {
      statuses.add((await send(service, 'PATCH', '/cars/1', `${writes}`)).status);
      writes += 1;
    }
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringContaining('removed 4096 entries') });
    expect(statuses).toEqual(new Set([200]));
    expect(await countOf(database)).toBe(writes);
  });

  it('loses no entry when it is killed', async () => {
    const database = await makeDatabase(engine);
    const service = await startService({ DATABASE_URL: database.url });
    await send(service, 'POST', '/cars', 'one');
    await service.stop();
    await double(database, 13);
    const all = await countOf(database);
    await age(database, engine, '2026-01-31');
    const [first, second] = [aFile(), aFile()];
    const { child, ended } = startProgram(
      'commands/audit.ts',
      { DATABASE_URL: database.url },
      { args: ['archive', first, '--before', '2026-02-01'] },
    );
    await until('a part was removed', async () => (await countOf(database)) < all);
    child.kill('SIGKILL');
    await ended;
    const left = await countOf(database);
    expect(left).toBeGreaterThan(0);
    expect(await audit(database.url, 'archive', second, '--before', '2026-02-01')).toMatchObject({ code: 0 });
    expect(await countOf(database)).toBe(0);
    const idsOf = (file: string) => readLines(file).map((line) => JSON.parse(line).id);
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(all);
    expect(idsOf(second)).toHaveLength(left);
  });
});

it('needs more rights than the service has', async () => {
  const database = await makeDatabase('MySQL');
  const user = `app${Date.now().toString(36)}`;
  onTestFinished(async () => void (await database.query(`DROP USER IF EXISTS '${user}'@'%'`)));
  await runProgram('commands/migrate.ts', {
    DATABASE_URL: database.url,
    DATABASE_APP_USER: user,
    DATABASE_APP_PASSWORD: 'a password',
  });
  await queryRows(
    database.url,
    "INSERT INTO car_changes (car_id, version, kind, caller, request_id, changed_at) VALUES (1, 1, 'created', '', '', '2026-01-31')",
  );
  const url = new URL(database.url);
  [url.username, url.password] = [user, 'a password'];
  const file = aFile();
  const ended = await audit(url.href, 'archive', file, '--before', '2026-02-01');
  expect(ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/DELETE command denied/),
  });
  expect(await countOf(database)).toBe(1);
});

describe('the arguments', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  const parse = (...args: string[]) => parseArguments(args, now);

  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T23:59:59Z', '2026-01-31T23:59:59.000Z'],
    ['365d', '2025-11-25T12:00:00.000Z'],
  ])('take %s', (text, time) => {
    expect(parse('purge', '--before', text)).toEqual({
      kind: 'remove',
      before: new Date(time),
      file: undefined,
    });
    expect(parse('archive', 'a.jsonl', '--before', text)).toMatchObject({ file: 'a.jsonl' });
  });

  it.each([
    [[]],
    [['delete', '--before', '1d']],
    [['archive', '--before', '1d']],
    [['archive', 'a', 'b', '--before', '1d']],
    [['archive', '-', '--before', '1d']],
    [['archive', '', '--before', '1d']],
    [['purge', 'a', '--before', '1d']],
    [['purge']],
    [['purge', '--before', '2026-02-30']],
    [['purge', '--before', '2026-13-01']],
    [['purge', '--before', '2026-11-26']],
    [['purge', '--before', '0d']],
    [['purge', '--before', 'yesterday']],
    [['purge', '--before', '2026-01-31T10:00:00+01:00']],
    [['purge', '--after', '1d']],
    [['purge', '--before', '1d', '--caller', 'ann']],
    [['archive', 'a', '--before', '1d', '--since', '1d']],
    [['list']],
    [['list', '--caller', 'ann']],
    [['list', '--since', '1d']],
    [['list', '--caller', 'ann', '--since', '2026-11-26']],
    [['list', '--caller', 'ann', '--since', '1d', '--before', '1d']],
    [['list', 'ann', '--caller', 'ann', '--since', '1d']],
  ])('do not take %j', (args) => {
    expect(() => parse(...args)).toThrow(UsageError);
  });

  it('name an unknown option, without the advice of Node.js', () => {
    expect(() => parse('list', '--calle', 'ann')).toThrow(/^Unknown option '--calle'$/);
  });

  it('exit with 2 if they are wrong, and with 0 for --help', async () => {
    const ended = await audit('sqlite::memory:', 'purge');
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--before must be') });
    expect(await audit('sqlite::memory:', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: npm run audit'),
    });
  });
});
