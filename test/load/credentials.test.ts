/** The loader against a service with authentication and rate limits. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningApp, startApp } from '../http/start-app.ts';
import { giveKey } from '../support/give-key.ts';
import { type CsvFolder, createCsvFolder, csvOf } from './csv-folder.ts';
import { startLoad } from './run-load.ts';

/** Rows per minute: 6000 at once, then a hundred a second. */
const LIMIT = 6000;

let app: RunningApp;
let csv: CsvFolder;

beforeAll(async () => {
  [app, csv] = await Promise.all([
    startApp({ AUTH: 'api-key', RATE_LIMIT_ROWS: String(LIMIT) }),
    createCsvFolder(),
  ]);
});
afterAll(() => Promise.all([app.stop(), csv.remove()]));

const load = (file: string, env: Record<string, string>, ...args: string[]) =>
  startLoad([file, '--url', app.origin, ...args], env).finished;

it('sends its key from the environment or the command line, and slows down at the rate limit', async () => {
  const key = await giveKey(app.app.database.keys, { scopes: ['cars:write'] });
  const first = await load(await csv.write(csvOf('First', LIMIT)), { CARS_API_KEY: key });
  expect(first).toMatchObject({ exitCode: 0, stderr: '', summary: { created: LIMIT } });
  // The limit is used up, so this batch waits for Retry-After.
  const begun = performance.now();
  const second = await load(await csv.write(csvOf('Second', 200)), {}, '--key', key);
  expect(second).toMatchObject({ exitCode: 0, stderr: '', summary: { created: 200, rejected: 0 } });
  expect(performance.now() - begun).toBeGreaterThan(1000);
});

it.each([
  ['no key', {}, /Authentication required|no credential/],
  ['a wrong key', { CARS_API_KEY: 'wrong' }, /This kind of credential is not supported/],
])('stops at once with %s, and says what to check', async (_, env, says) => {
  const run = await load(await csv.write(csvOf('Nobody', 3)), env);
  expect(run).toMatchObject({ exitCode: 1, summary: { created: 0, left: 3 } });
  expect(run.stderr).toMatch(says);
  expect(run.stderr).toContain('(401); check CARS_API_KEY');
});

it('stops at once with a key that can only read', async () => {
  const key = await giveKey(app.app.database.keys, { scopes: ['cars:read'] });
  const run = await load(await csv.write(csvOf('Reader', 3)), { CARS_API_KEY: key });
  expect(run.exitCode).toBe(1);
  // The service may not know the new key yet, and then answers 401 as for a wrong one.
  expect(run.stderr).toMatch(/lacks the scope cars:write. \(403\)|\(401\)/);
});

it('does not print a malformed key', async () => {
  const run = await load(await csv.write(csvOf('Blank', 1)), { CARS_API_KEY: 'two secrets' });
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain('must be visible ASCII');
  expect(run.stderr).not.toContain('secrets');
});
