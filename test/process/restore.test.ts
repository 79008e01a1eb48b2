/** The command `restore` when the old database has commits that are only in its log. */
// Proves: backup

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { createTestFile } from '../support/test-database.ts';
import { runProgram, watch, withPath } from './start-service.ts';

const RESTORE = join(import.meta.dirname, '../../src/commands/restore.ts');
const CARS = 2000;

/** A backup without cars, and a database as a killed service leaves it: all cars are in its log. */
async function afterCrash() {
  const file = createTestFile();
  onTestFinished(() => file.drop());
  const path = file.url.replace('sqlite:', '');
  const copy = `${path}.backup`;
  expect(await runProgram('commands/migrate.ts', { DATABASE_URL: file.url })).toMatchObject({ code: 0 });
  expect(await backup(file.url, copy)).toMatchObject({ code: 0 });
  const connection = new DatabaseSync(path);
  connection.exec(`
    PRAGMA wal_autocheckpoint = 0;
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${CARS})
    INSERT INTO cars (brand, model, year, brand_key, model_key)
    SELECT 'Volkswagen', 'Golf ' || n, 2018, 'volkswagen', 'golf ' || n FROM numbers`);
  for (const ending of ['', '-wal']) copyFileSync(path + ending, `${path}.crashed${ending}`);
  connection.close();
  for (const ending of ['', '-wal']) renameSync(`${path}.crashed${ending}`, path + ending);
  return { url: file.url, path, copy };
}

const backup = (url: string, copy: string) =>
  runProgram('commands/backup.ts', { DATABASE_URL: url }, { args: [copy] });

const restore = (url: string, copy: string) =>
  runProgram('commands/restore.ts', { DATABASE_URL: url }, { args: [copy] });

/** Files cannot grow beyond this many blocks of 512 bytes, as on a full disk. */
function restoreWithFullDisk(url: string, copy: string, blocks: number) {
  const limit = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`;
  const env = withPath({ DATABASE_URL: url });
  return watch(spawn('sh', ['-c', limit, process.execPath, RESTORE, copy], { env })).ended;
}

function countCars(path: string): unknown {
  using connection = new DatabaseSync(path);
  return connection.prepare('SELECT COUNT(*) AS cars FROM cars').get()?.['cars'];
}

it('changes nothing if the disk is too full to close the old database, and keeps all its cars later', async () => {
  const { url, path, copy } = await afterCrash();
  const refused = await restoreWithFullDisk(url, copy, 400);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
  expect(existsSync(`${path}.before-restore`)).toBe(false);
  expect(existsSync(`${path}.part`)).toBe(false);

  expect(await restore(url, copy)).toMatchObject({ code: 0, stderr: '' });
  expect(countCars(`${path}.before-restore`)).toBe(CARS);
  expect(countCars(path)).toBe(0);
});

it('keeps the log if somebody has moved only the database away', async () => {
  const { url, path, copy } = await afterCrash();
  renameSync(path, `${path}.moved`);
  expect(await restore(url, copy)).toMatchObject({ code: 0, stderr: '' });
  expect(countCars(path)).toBe(0);
  renameSync(`${path}.moved`, `${path}.before-restore`);
  expect(countCars(`${path}.before-restore`)).toBe(CARS);
});

it('restores what an earlier restore kept, with its log', async () => {
  const { url, path, copy } = await afterCrash();
  for (const ending of ['', '-wal']) renameSync(path + ending, `${path}.before-restore${ending}`);
  expect(await restore(url, copy)).toMatchObject({ code: 0 });
  expect(countCars(path)).toBe(0);
  expect(await restore(url, `${path}.before-restore`)).toMatchObject({ code: 0, stderr: '' });
  expect(countCars(path)).toBe(CARS);
});

it('never removes the database as if it were a temporary file', async () => {
  const { path, copy } = await afterCrash();
  const part = `${path}.part`;
  for (const ending of ['', '-wal']) renameSync(path + ending, part + ending);
  const saved = await backup(`sqlite:${part}`, path);
  expect(saved).toMatchObject({ code: 1, stderr: expect.stringContaining('is a temporary file') });
  expect(countCars(part)).toBe(CARS);
  expect(await restore(`sqlite:${copy}`, `${copy}.part`)).toMatchObject({ code: 1 });
});
