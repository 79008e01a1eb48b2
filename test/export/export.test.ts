/** `npm run export` against the real service. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCarsClient } from '../../client/src/index.ts';
import { type FaultyProxy, startFaultyProxy } from '../client/faulty-proxy.ts';
import { type CsvFolder, createCsvFolder } from '../load/csv-folder.ts';
import { runLoad } from '../load/run-load.ts';
import { type RunningService, runService } from '../load/running-service.ts';
import { until } from '../process/start-service.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/export.ts');
const ROWS = 20_000;

let service: RunningService;
let proxy: FaultyProxy;
let folder: CsvFolder;
/** The complete export. */
let expected: string;

beforeAll(async () => {
  [service, folder] = await Promise.all([runService(), createCsvFolder()]);
  proxy = await startFaultyProxy(service.url);
  const cars = createCarsClient({ url: service.url });
  const rows = Array.from({ length: ROWS }, (_, n) => ({
    brand: n % 2 ? 'Škoda' : '=Even',
    model: `M, ${n}`,
    year: 1900 + (n % 200),
  }));
  // One at a time, so that the ids are in the order of the rows.
  await Array.fromAsync(cars.createMany(rows, { concurrency: 1 }));
  expected = (await Array.fromAsync(cars.exportText({}, { format: 'csv' }))).join('');
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([service.stop(), folder.remove()]);
});

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [SCRIPT, '--url', proxy.url, ...args], { env: {} });
  const closed = once(child, 'close');
  const finished = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([stdout, stderr]) => ({
    exitCode: child.exitCode,
    stdout,
    stderr,
  }));
  return { child, finished };
}

const run = (...args: readonly string[]) => start(...args).finished;

describe('an export', () => {
  it('is written to standard output', async () => {
    proxy.plan();
    const { stdout, ...others } = await run();
    expect(others).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^20000 cars {2}\d+ cars\/s\n$/),
    });
    expect(stdout).toBe(expected);
  });

  it('is written to a file, in the format of its name, with the cars that match', async () => {
    proxy.plan();
    const file = join(folder.path, 'some.ndjson');
    const filters = [
      '--brand',
      'škoda',
      '--brand',
      'none',
      '--year-min',
      '2000',
      '--year-max',
      '2010',
      '--q',
      'm,',
    ];
    expect(await run(file, ...filters)).toMatchObject({ exitCode: 0, stdout: '' });
    const cars = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(cars).toHaveLength(ROWS / 40);
    for (const { brand, year } of cars)
      expect([brand, year >= 2000, year <= 2010]).toEqual(['Škoda', true, true]);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('can be made safe for spreadsheets', async () => {
    proxy.plan();
    const { stdout } = await run('--safe', '--year', '1900', '--year', '1902');
    expect(stdout.split('\r\n').slice(0, 3)).toEqual([
      'id,brand,model,year',
      '1,\'=Even,"M, 0",1900',
      '3,\'=Even,"M, 2",1902',
    ]);
  });

  it('can be loaded', async () => {
    proxy.plan();
    const file = join(folder.path, 'round-trip.csv');
    await run(file, '--year', '1950');
    const load = spawn(
      process.execPath,
      [join(SCRIPT, '../load.ts'), file, '--url', service.url, '--dry-run'],
      { env: {} },
    );
    expect(await text(load.stdout)).toMatch(/^valid +100$/m);
  });

  it.each([
    { what: 'cut', fault: { cutAt: 40_000 } },
    { what: 'answered with 503', fault: { status: 503, headers: { 'retry-after': '0' } } },
  ])('continues by itself after it was $what', async ({ fault }) => {
    proxy.plan(fault, fault);
    const { stdout, exitCode } = await run();
    expect(exitCode).toBe(0);
    expect(stdout).toBe(expected);
  });

  it('continues by itself after the service was killed and restarted', async () => {
    const file = join(folder.path, 'killed.csv');
    proxy.plan({ stallAt: 40_000 });
    const arrival = proxy.arrival();
    const { finished } = start(file);
    await arrival;
    await until(
      'the first cars are written',
      async () => (await readFile(`${file}.part`, 'utf8')).length > 0,
    );
    await service.killAndRestart();
    expect(await finished).toMatchObject({ exitCode: 0 });
    expect(await readFile(file, 'utf8')).toBe(expected);
  });
});

describe('an export that is interrupted', () => {
  it.each([
    { signal: 'SIGINT', exitCode: 130 },
    { signal: 'SIGKILL', exitCode: null },
  ] as const)('by $signal leaves a partial file, which can be continued', async ({ signal, exitCode }) => {
    const file = join(folder.path, `${signal}.csv`);
    proxy.plan({ stallAt: 40_000 });
    const { child, finished } = start(file);
    await until('the first cars are written', async () => {
      return existsSync(`${file}.part`) && (await readFile(`${file}.part`, 'utf8')).length > 0;
    });
    child.kill(signal);
    const first = await finished;
    expect(first.exitCode).toBe(exitCode);
    if (signal === 'SIGINT') expect(first.stderr).toContain(`${file}.part is incomplete. To finish it`);
    expect(existsSync(file)).toBe(false);
    // A line that is cut.
    await writeFile(`${file}.part`, '99999,"Hal', { flag: 'a' });

    const refused = await run(file);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('add --continue') });
    proxy.plan();
    expect(await run(file, '--continue')).toMatchObject({ exitCode: 0 });
    expect(proxy.requests()[0]?.path).toMatch(/afterId=\d+/);
    expect(await readFile(file, 'utf8')).toBe(expected);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('says so when it goes to standard output', async () => {
    proxy.plan(...Array.from({ length: 50 }, () => ({ cutAt: 0 })));
    const { exitCode, stderr } = await run('--stall-timeout', '1');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^export: stopped: no complete answer: .* The output is incomplete\.\n$/);
  });

  it('starts again where it left no car', async () => {
    const file = join(folder.path, 'empty.csv');
    await writeFile(`${file}.part`, 'id,bra');
    proxy.plan();
    expect(await run(file, '--continue')).toMatchObject({ exitCode: 0 });
    expect(await readFile(file, 'utf8')).toBe(expected);
  });
});

it.each([
  { what: 'something else without a line feed', content: 'a diary' },
  { what: 'a CSV file whose rows have an id', content: 'id,title\n1,One\n2,Tw' },
  { what: 'a header and notes', content: 'my notes\nid, and more' },
  {
    what: 'an export in the other format',
    content: '{"brand":"Seat","id":1,"model":"Ibiza","year":1984}\n{"bra',
  },
])('never continues $what', async ({ content }) => {
  const file = join(folder.path, 'not-an-export.csv');
  await writeFile(`${file}.part`, content);
  expect(await run(file, '--continue')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('is not an export in the format csv'),
  });
  expect(await readFile(`${file}.part`, 'utf8')).toBe(content);
});

it.each(['a device', 'a folder'])('never replaces %s', async (what) => {
  const target = join(folder.path, what);
  if (what === 'a device') symlinkSync('/dev/null', target);
  else mkdirSync(target);
  proxy.plan();
  const says = expect.stringContaining('is not a regular file');
  expect(await run(target)).toMatchObject({ exitCode: 2, stderr: says });
  expect(proxy.requests()).toHaveLength(0);
});

it.each([
  { what: 'two files', args: ['a', 'b'], says: 'expected one file' },
  { what: 'another format', args: ['--format', 'xml'], says: '--format must be' },
  { what: 'a year that is none', args: ['--year', 'old'], says: '--year must be an integer' },
  { what: '--continue without a file', args: ['--continue'], says: '--continue needs a FILE' },
  { what: '--safe for NDJSON', args: ['a.ndjson', '--safe'], says: 'only for CSV' },
  { what: 'a folder that does not exist', args: ['/no/such/file'], says: 'cannot write /no/such/file.part' },
])('exits with 2 on wrong usage: $what', async ({ args, says }) => {
  const { exitCode, stdout, stderr } = await run(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(says);
});

it('returns the 33,442 cars of a real file as they were loaded', async () => {
  const real = gunzipSync(await readFile(join(SCRIPT, '../../bench/data/epa-cars.csv.gz'))).toString();
  const other = await runService();
  const file = join(folder.path, 'exported.csv');
  // One batch at a time, so that the ids are in the order of the file.
  const loaded = await runLoad(await folder.write(real), '--url', other.url, '--concurrency', '1');
  expect(loaded.summary).toMatchObject({ created: 33_442, rejected: 0 });
  const child = spawn(process.execPath, [SCRIPT, file, '--url', other.url], { env: {} });
  await once(child, 'close');
  await other.stop();

  const rowsOf = (csv: string) => Papa.parse<string[]>(csv, { skipEmptyLines: true }).data;
  const exported = rowsOf(await readFile(file, 'utf8'));
  expect(exported.map((row) => row.slice(1).join('\t')).join('\n')).toBe(
    rowsOf(real)
      .map((row) => row.join('\t'))
      .join('\n'),
  );
});

it('exits with 1 for a filter that the service rejects', async () => {
  proxy.plan();
  const { exitCode, stderr } = await run('--year', '1000');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^export: stopped: .*year.*\(400\)/);
});

it('prints its help', async () => {
  const { exitCode, stdout } = await run('--help');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Usage: npm run --silent export/);
});
