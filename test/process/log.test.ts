/** The service's log: JSON lines, or readable lines on a terminal. */

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aCar } from '../support/cars.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { openConnection } from './raw-request.ts';
import {
  type LogLine,
  STEP_TIMEOUT,
  startProgram,
  startService,
  until,
  watch,
  withPath,
} from './start-service.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Sends one request of each kind. */
async function useEverything(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'key-1' };
  const post = (body: string) => fetchWithRetries(`${url}/cars`, { method: 'POST', headers, body });
  await post(JSON.stringify(aCar()));
  await post('{');
  await post('{}');
  for (const path of [
    'cars',
    'cars?count=exact',
    'cars/1',
    'cars/9',
    'nothing',
    'readyz',
    'docs',
    'openapi.json',
  ]) {
    await fetchWithRetries(`${url}/${path}`);
  }
  await fetchWithRetries(`${url}/create-table`);
  await fetchWithRetries(`${url}/cars/1`, { method: 'DELETE' });
  const connection = await openConnection(url);
  connection.send('GET nonsense\r\n\r\n');
  await connection.closed;
}

it.each(ENGINES)('writes only JSON lines with level, time and message, on %s', async (engine) => {
  const database = await makeDatabase(engine);
  const service = await startService({ DATABASE_URL: database.url, LOG_LEVEL: 'trace' });
  await useEverything(service.url);
  const { code, stdout, stderr } = await service.stop();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/\n$/);
  const lines = service.log();
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    const level = expect.stringMatching(/^(trace|debug|info|warn|error)$/);
    expect(line).toMatchObject({ level, time: expect.stringMatching(TIME), message: expect.any(String) });
    expect(Math.abs(Date.parse(String(line['time'])) - Date.now())).toBeLessThan(60_000);
  }
  expect(lines.filter((line) => line['level'] === 'error')).toEqual([]);
});

it("logs each request with the client's id, its route and status, but not its body or query", async () => {
  const service = await startService({ DATABASE_URL: 'sqlite::memory:' });
  const url = `${service.url}/cars?brand=Secretive`;
  const given = await fetchWithRetries(url, { headers: { 'x-request-id': 'trace-me-42' } });
  const own = await fetchWithRetries(`${service.url}/cars/7`);
  expect(given.headers.get('x-request-id')).toBe('trace-me-42');
  await service.stop();
  // Without those that a busy machine refused.
  const requests = service.log().filter(({ message, status }) => message === 'request' && status !== 503);
  const summary = ({ requestId, method, route, status }: LogLine) => ({ requestId, method, route, status });
  expect(requests.map(summary)).toEqual([
    { requestId: 'trace-me-42', method: 'GET', route: '/cars', status: 200 },
    { requestId: own.headers.get('x-request-id'), method: 'GET', route: '/cars/:id', status: 404 },
  ]);
  for (const { latency } of requests) expect(latency).toBeGreaterThan(0);
  expect(service.output.stdout).not.toContain('Secretive');
});

it('logs a request that failed without a database under the same id, with the reason', async () => {
  // Nothing listens on port 1.
  const service = await startService({ DATABASE_URL: 'mysql://ann:hunter2@127.0.0.1:1/cars' });
  const { headers, status } = await fetch(`${service.url}/cars`);
  expect(status).toBe(503);
  await service.stop();
  const requestId = headers.get('x-request-id');
  const lines = service.log().filter((line) => line['requestId'] === requestId);
  expect(lines).toMatchObject([
    { message: 'request', level: 'warn', status: 503, problem: 'unavailable', reason: expect.any(String) },
  ]);
  expect(service.output.stdout).not.toContain('hunter2');
});

it('writes no line below LOG_LEVEL', async () => {
  const settings = { PORT: '0', DATABASE_URL: 'mysql://ann@127.0.0.1:1/cars', LOG_LEVEL: 'warn' };
  const program = startProgram('main.ts', settings);
  await program.logged('not ready');
  program.child.kill('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(program.log().filter((line) => line['level'] !== 'warn')).toEqual([]);
});

it(
  'writes readable lines on a terminal, and stops on Ctrl-C',
  async () => {
    if (spawnSync('script', ['--version']).error !== undefined) {
      throw new Error('this test needs `script`: apt-get install bsdutils');
    }
    const env = withPath({ PORT: '0', DATABASE_URL: 'sqlite::memory:', TERM: 'xterm' });
    const command = `exec '${process.execPath}' '${MAIN}'`;
    const arguments_ =
      process.platform === 'linux'
        ? ['-qec', command, '/dev/null']
        : ['-q', '/dev/null', 'sh', '-c', command];
    const terminal = watch(spawn('script', arguments_, { env }));
    const address = () => /Server listening at (http:\/\/[\w.:]+)/.exec(terminal.output.stdout)?.[1];
    await until('listening', () => address() !== undefined);
    await fetchWithRetries(`${address()}/cars`, { headers: { 'x-request-id': 'seen-by-people' } });
    await until('the request', () => terminal.output.stdout.includes('seen-by-people'));
    terminal.child.stdin?.write('\x03');
    const { code, stdout, stderr } = await terminal.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\d\d:\d\d:\d\d\.\d{3}/);
    expect(stdout).toMatch(/INFO.*stopped/);
    expect(stdout).not.toMatch(/^\{/m);
  },
  STEP_TIMEOUT * 2,
);
