/** The command `migrate`, and how the commands reach the database. */

import { copyFileSync, cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTcpProxy } from '../../tools/tcp-proxy.ts';
import type { TestDatabase } from '../support/test-database.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { startSilentServer } from './silent-server.ts';
import { parseLog, runProgram, startService, until } from './start-service.ts';
import { makeFolder } from './temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Number of processes that migrate at the same time. */
const CROWD = 10;

/**
 * A migration that counts how often it is applied. On MySQL it takes a second, so that all
 * processes overlap. SQLite has no sleep, and waiting processes would give up.
 */
const COUNTING = {
  SQLite: ['CREATE TABLE counted (times INTEGER NOT NULL);', 'INSERT INTO counted VALUES (1);'],
  MySQL: ['CREATE TABLE counted AS SELECT 1 AS times, SLEEP(1) AS slept;'],
};

/** Creates a copy of this release with one more migration; returns its `src`. */
function makeNextRelease(engine: (typeof ENGINES)[number], name: string): string {
  const folder = makeFolder();
  for (const part of ['src', 'migrations']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const lines = ['-- Counts itself.', '-- oldest-compatible: 1', ...COUNTING[engine], ''];
  writeFileSync(join(folder, 'migrations', engine.toLowerCase(), `${name}.sql`), lines.join('\n'));
  return join(folder, 'src');
}

describe.each(ENGINES)('on %s', (engine) => {
  const names = readdirSync(join(ROOT, 'migrations', engine.toLowerCase()))
    .sort()
    .map((file) => file.replace('.sql', ''));

  async function applied(database: TestDatabase): Promise<unknown[]> {
    const rows = await database.query('SELECT name FROM schema_migrations ORDER BY version');
    return rows.map((row) => row['name']);
  }

  it('applies pending migrations, nothing on a second run, and exits with 0', async () => {
    const database = await makeDatabase(engine);
    const settings = { DATABASE_URL: database.url };
    const first = await runProgram('commands/migrate.ts', settings);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const messages = [
      { message: 'migrating', migrations: names.join(', ') },
      { message: 'the schema is up to date' },
    ];
    expect(parseLog(first.stdout)).toMatchObject(messages);
    expect(await applied(database)).toEqual(names);
    const second = await runProgram('commands/migrate.ts', settings);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(parseLog(second.stdout)).toMatchObject([{ message: 'the schema is up to date' }]);
    expect(await applied(database)).toEqual(names);
  });

  it('applies each migration once when ten processes run at the same time', async () => {
    const database = await makeDatabase(engine);
    const settings = { DATABASE_URL: database.url };
    const newest = `${String(names.length + 1).padStart(4, '0')}-count`;
    const source = makeNextRelease(engine, newest);
    const all = Array.from({ length: CROWD }, () => runProgram('commands/migrate.ts', settings, { source }));
    for (const ended of await Promise.all(all)) expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await applied(database)).toEqual([...names, newest]);
    expect(await database.query('SELECT times FROM counted')).toEqual([{ times: 1 }]);
    // The release before still works with it.
    const service = await startService({ ...settings, MIGRATE_ON_START: 'false' });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });

  it('makes a running service with MIGRATE_ON_START=false ready', async () => {
    const database = await makeDatabase(engine);
    const settings = { DATABASE_URL: database.url, MIGRATE_ON_START: 'false' };
    const service = await startService(settings);
    const statusOf = async (path: string) => (await fetch(`${service.url}/${path}`)).status;
    expect(await statusOf('healthz')).toBe(200);
    for (const path of ['readyz', 'cars', 'create-table']) expect(await statusOf(path)).toBe(503);
    expect(service.log().find((line) => line['level'] === 'warn')).toMatchObject({
      reason: `migrations are pending: ${names.join(', ')}`,
    });
    expect(await runProgram('commands/migrate.ts', settings)).toMatchObject({ code: 0, stderr: '' });
    await until('ready', async () => (await statusOf('readyz')) === 200);
    for (const path of ['cars', 'create-table']) expect(await statusOf(path)).toBe(200);
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});

it.each([
  ['refuses connections', async () => 1, /^connect ECONNREFUSED 127\.0\.0\.1:1\n$/, 1],
  ['never answers', async () => (await startSilentServer()).port, /^connect ETIMEDOUT\n$/, 5],
])('exits with 1 and prints one line when the server %s', async (_how, findPort, line, attempts) => {
  const url = `mysql://ann:hunter2@127.0.0.1:${await findPort()}/cars`;
  const ended = await runProgram('commands/migrate.ts', { DATABASE_URL: url });
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(ended.stderr).toMatch(line);
  const retried = ended.stdout.split('\n').filter((text) => text.includes('trying again'));
  expect(retried).toHaveLength(attempts - 1);
});

/** What the first connection to the database meets. */
const SLOW_STARTS = {
  'the server says nothing': () => {},
  'the server answers no statement': (near: Socket, far: Socket) => {
    far.pipe(near);
    near.on('data', (data) => void (isCommand(data) || far.write(data)));
  },
  // Each step ends in time, but not all of them together.
  'the server is slow to greet and answer': (near: Socket, far: Socket) => {
    setTimeout(() => far.pipe(near), 950);
    let commands = 0;
    near.on('data', (data) => {
      if (isCommand(data)) commands += 1;
      setTimeout(() => far.write(data), commands === 1 ? 950 : 0);
    });
  },
};

/** Whether the packet begins a command, which has the number 0; those of the login have others. */
const isCommand = (packet: Buffer) => packet[3] === 0;

const COMMANDS = [
  { command: 'migrate', args: [], output: 'the schema is up to date' },
  { command: 'keys', args: ['list'], output: '' },
  { command: 'inspect', args: [], output: '"cars":0}' },
  { command: 'audit', args: ['list', '--caller', 'ann', '--since', '1d'], output: '' },
] as const;

it.each(
  COMMANDS.flatMap((one) =>
    Object.entries(SLOW_STARTS).map(([start, passOn]) => ({ ...one, start, passOn })),
  ),
)('$command tries again if at first $start', async ({ command, args, output, passOn }) => {
  const database = await makeDatabase('MySQL');
  expect(await runProgram('commands/migrate.ts', { DATABASE_URL: database.url })).toMatchObject({ code: 0 });
  const url = new URL(database.url);
  let connections = 0;
  const proxy = await startTcpProxy(url.hostname, Number(url.port || 3306), (near, reach) => {
    connections += 1;
    if (connections === 1) passOn(near, reach());
    else near.pipe(reach()).pipe(near);
  });
  onTestFinished(() => proxy.close());
  url.port = `${proxy.port}`;
  url.hostname = '127.0.0.1';
  const ended = await runProgram(`commands/${command}.ts`, { DATABASE_URL: url.href }, { args });
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining(output) });
  expect(command === 'migrate' ? ended.stdout : ended.stderr).toContain(
    'the database did not answer in time; trying again',
  );
});

it('exits with 1 and prints one line when the database does not exist', async () => {
  const database = await makeDatabase('MySQL');
  const ended = await runProgram('commands/migrate.ts', { DATABASE_URL: `${database.url}_missing` });
  expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
  expect(ended.stderr).toMatch(/^Unknown database 'cars_test_\w+_missing'\n$/);
});
