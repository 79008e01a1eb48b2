/** The commands `backup` and `restore` of the embedded database, beside a service under load. */
// Proves: backup

import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createTestFile } from '../support/test-database.ts';
import { runProgram, startService } from './start-service.ts';

function aFile() {
  const file = createTestFile();
  onTestFinished(() => file.drop());
  const path = file.url.replace('sqlite:', '');
  return { url: file.url, path, copy: `${path}.backup` };
}

const create = async (url: string, model: string) => {
  const response = await fetch(`${url}/cars`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ brand: 'Volkswagen', model, year: 2018 }),
  });
  await response.text();
  return response.status;
};

const countOf = async (url: string) => {
  const response = await fetch(`${url}/cars?count=exact&limit=1`);
  await response.text();
  return Number(response.headers.get('x-total-count'));
};

it('backs up under load, refuses to restore while the service runs, and restores afterwards', async () => {
  const { url, path, copy } = aFile();
  const service = await startService({ DATABASE_URL: url });
  for (let car = 0; car < 50; car += 1) expect(await create(service.url, `M${car}`)).toBe(201);
  let running = true;
  let acknowledged = 0;
  const load = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (running) if ((await create(service.url, 'load')) === 201) acknowledged += 1;
    }),
  );
  expect(await runProgram('commands/backup.ts', { DATABASE_URL: url }, { args: [copy] })).toMatchObject({
    code: 0,
    stderr: '',
  });
  running = false;
  await load;
  expect(existsSync(`${copy}-wal`)).toBe(false);
  expect(await countOf(service.url)).toBe(50 + acknowledged);
  const again = await runProgram('commands/backup.ts', { DATABASE_URL: url }, { args: [copy] });
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') });

  const tooEarly = await runProgram('commands/restore.ts', { DATABASE_URL: url }, { args: [copy] });
  expect(tooEarly).toMatchObject({ code: 1, stderr: expect.stringContaining('stop the service') });
  expect(await create(service.url, 'still served')).toBe(201);
  await service.stop();

  expect(await runProgram('commands/restore.ts', { DATABASE_URL: url }, { args: [copy] })).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(existsSync(`${path}.before-restore`)).toBe(true);
  const restored = await startService({ DATABASE_URL: url });
  const count = await countOf(restored.url);
  expect(count).toBeGreaterThanOrEqual(50);
  expect(count).toBeLessThanOrEqual(50 + acknowledged + 8);
  expect(await create(restored.url, 'after')).toBe(201);
  await restored.stop();
});

it('restores onto a damaged database, and never from a damaged backup', async () => {
  const { url, path, copy } = aFile();
  expect(await runProgram('commands/migrate.ts', { DATABASE_URL: url })).toMatchObject({ code: 0 });
  await runProgram('commands/backup.ts', { DATABASE_URL: url }, { args: [copy] });
  writeFileSync(path, 'garbage '.repeat(2000));
  writeFileSync(`${copy}.bad`, 'garbage '.repeat(2000));
  const bad = await runProgram('commands/restore.ts', { DATABASE_URL: url }, { args: [`${copy}.bad`] });
  expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('not a usable backup') });
  const good = await runProgram('commands/restore.ts', { DATABASE_URL: url }, { args: [copy] });
  expect(good).toMatchObject({ code: 0, stderr: '' });
  const restored = new DatabaseSync(path);
  expect(restored.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  restored.close();
});

it.each([[[]], [['one', 'two']], [['--file']]])('exits with 2 for the arguments %j', async (args) => {
  const { url } = aFile();
  const ended = await runProgram('commands/backup.ts', { DATABASE_URL: url }, { args });
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('npm run backup -- FILE') });
});

it.each([
  ['commands/backup.ts', 'Usage: npm run backup -- FILE'],
  ['commands/restore.ts', 'Usage: npm run restore -- FILE'],
  ['commands/migrate.ts', 'Usage: npm run migrate'],
  ['commands/inspect.ts', 'Usage: npm run --silent inspect'],
] as const)('%s prints its help for --help, and opens no database', async (command, usage) => {
  const { url, path } = aFile();
  const ended = await runProgram(command, { DATABASE_URL: url }, { args: ['--help'] });
  expect(ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(usage) });
  const wrong = await runProgram(command, { DATABASE_URL: url }, { args: ['--no-such-option'] });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Try --help.') });
  expect(existsSync(path)).toBe(false);
});

it.each([
  ['removed', (path: string) => rmSync(path)],
  ['replaced', (path: string) => copyFileSync(path, `${path}.new`) ?? renameSync(`${path}.new`, path)],
  ['left without its log', (path: string) => rmSync(`${path}-wal`)],
  ['overwritten', (path: string) => writeFileSync(path, 'garbage '.repeat(2000))],
])('is not ready while its database is %s', async (what, damage) => {
  const { url, path } = aFile();
  const service = await startService({ DATABASE_URL: url });
  expect(await create(service.url, 'before')).toBe(201);
  const ready = async () => (await fetch(`${service.url}/readyz`)).status;
  expect(await ready()).toBe(200);
  damage(path);
  await sleep(1100);
  expect(await ready()).toBe(503);
  if (what !== 'overwritten') expect(await create(service.url, 'lost')).toBe(503);
});
