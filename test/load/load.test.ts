/** The loader against the real service. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CsvFolder, createCsvFolder, csvOf } from './csv-folder.ts';
import { runLoad, startLoad } from './run-load.ts';
import { type RunningService, runService } from './running-service.ts';

let service: RunningService;
let csv: CsvFolder;

beforeAll(async () => {
  [service, csv] = await Promise.all([runService(), createCsvFolder()]);
});
afterAll(() => Promise.all([service.stop(), csv.remove()]));

const load = (file: string, ...options: string[]) => runLoad(file, '--url', service.url, ...options);

/** Waits until some cars of the brand exist, so that a signal arrives during the run. */
async function untilSomeExist(brand: string): Promise<void> {
  while ((await service.count(brand)) === 0) await sleep(5);
}

describe('a CSV file', () => {
  it('is loaded completely when the loader exits with 0', async () => {
    const run = await load(await csv.write(csvOf('Good', 300)));
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.summary).toMatchObject({ rows: 300, created: 300, 'already there': 0, rejected: 0 });
    expect(await service.count('Good')).toBe(300);
  });

  it('can have a byte order mark, CRLF, another column order and quoted values', async () => {
    const content = '\uFEFFyear,"brand",model\r\n2018,Škoda,"a ""b"", c"\r\n\r\n"1999",škoda,🚗';
    const run = await load(await csv.write(content));
    expect(run).toMatchObject({ exitCode: 0, stderr: '', summary: { rows: 2 } });
    const cars = await service.list('Škoda');
    expect(cars).toHaveLength(2);
    expect(cars).toContainEqual({ id: expect.any(Number), brand: 'Škoda', model: 'a "b", c', year: 2018 });
    expect(cars).toContainEqual({ id: expect.any(Number), brand: 'škoda', model: '🚗', year: 1999 });
  });

  it.each([
    { from: 'Excel with semicolons', content: 'Brand;Model;Year\r\nXBRAND;"a; b";2018\r\n;;\r\n;;\r\n' },
    { from: 'Excel with tabs', content: 'BRAND\tMODEL\tYEAR\r\nXBRAND\ta; b\t2018\r\n\t\t\r\n' },
    { from: 'pandas with missing years', content: 'brand,model,year\nXBRAND,a; b,2018.0\n' },
    { from: 'the export', content: 'id,brand,model,year\r\n7,XBRAND,a; b,2018\r\n' },
  ])('can come from $from', async ({ from, content }) => {
    const run = await load(await csv.write(content.replace('XBRAND', from)));
    expect(run).toMatchObject({ exitCode: 0, stderr: '', summary: { rows: 1, created: 1 } });
    expect(await service.list(from)).toEqual([
      { id: expect.any(Number), brand: from, model: 'a; b', year: 2018 },
    ]);
  });

  it.each([
    {
      from: 'Excel with empty columns',
      content: '\uFEFFbrand,model,year,,\r\nXBRAND,a; b,2018,,\r\n,,,,\r\n',
    },
    { from: 'pandas with an index', content: ',brand,model,year\n0,XBRAND,a; b,2018.0\n' },
    { from: 'a table with more columns', content: 'brand,colour,model,year\nXBRAND,red,a; b,2018\n' },
  ])('can have other columns, as $from, with --ignore-extra', async ({ from, content }) => {
    const file = await csv.write(content.replace('XBRAND', from));
    const rejected = await load(file);
    expect(rejected).toMatchObject({ exitCode: 2, stdout: '' });
    expect(rejected.stderr).toContain('--ignore-extra drops it');
    expect(await load(file, '--ignore-extra')).toMatchObject({ exitCode: 0, summary: { created: 1 } });
    expect(await service.count(from)).toBe(1);
  });

  it.each([
    { what: 'a missing column', content: 'brand,model\nKia,Rio\n', says: 'lacks the column year' },
    { what: 'a repeated column', content: 'brand,model,year,brand\nKia,Rio,2018,Kia\n', says: 'twice' },
    { what: 'no header', content: 'Kia,Rio,2018\nKia,Rio,2018\n', says: 'lacks the column' },
    { what: 'another delimiter', content: 'brand|model|year\nKia|Rio|2018\n', says: 'lacks the column' },
  ])('is rejected with $what', async ({ content, says }) => {
    const run = await load(await csv.write(content));
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(says);
  });

  it('can be standard input, which is resumed like a file', async () => {
    const content = csvOf('Piped', 300);
    const args = ['-', '--url', service.url];
    const first = await startLoad(args, { TMPDIR: csv.path }, content).finished;
    expect(first).toMatchObject({ exitCode: 0, stderr: '', summary: { rows: 300, created: 300 } });
    expect(await readdir(csv.path)).not.toContainEqual(expect.stringContaining('cars-api'));
    const again = await startLoad(args, {}, content).finished;
    expect(again.summary).toMatchObject({ created: 0, 'already there': 300 });
    expect((await load(await csv.write(content))).summary).toMatchObject({ 'already there': 300 });
  });

  it('can contain the same car twice, which creates two cars', async () => {
    const run = await load(await csv.write('brand,model,year\nTwin,One,2018\nTwin,One,2018\n'));
    expect(run.summary['created']).toBe(2);
    expect(await service.count('Twin')).toBe(2);
  });

  it('can have no rows', async () => {
    const run = await load(await csv.write('brand,model,year\n'));
    expect(run).toMatchObject({ exitCode: 0, summary: { rows: 0, created: 0 } });
  });
});

describe('a repeated run', () => {
  it('creates nothing twice', async () => {
    const file = await csv.write(csvOf('Repeated', 100));
    await load(file);
    const run = await load(file);
    expect(run).toMatchObject({ exitCode: 0, summary: { created: 0, 'already there': 100 } });
    expect(await service.count('Repeated')).toBe(100);
  });

  it('identifies a file by its content, not its name', async () => {
    const file = await csv.write(csvOf('Edited', 3));
    await load(file);
    const copy = await load(await csv.write(csvOf('Edited', 3)));
    expect(copy.summary).toMatchObject({ created: 0, 'already there': 3 });
    await writeFile(file, csvOf('Edited', 4));
    const edited = await load(file);
    expect(edited.summary).toMatchObject({ created: 4, 'already there': 0 });
  });

  it.each([
    { signal: 'SIGINT', exitCode: 130 },
    { signal: 'SIGKILL', exitCode: 137 },
  ] as const)('ends with the exact number of cars after $signal', async ({ signal, exitCode }) => {
    const rows = 20_000;
    const file = await csv.write(csvOf(signal, rows));
    const interrupted = startLoad([file, '--url', service.url, '--concurrency', '1']);
    await untilSomeExist(signal);
    interrupted.process.kill(signal);
    const first = await interrupted.finished;
    expect(first.exitCode).toBe(exitCode);
    // Requests that were in flight when the loader died may still be running.
    const before = await service.count(signal);
    expect(before).toBeLessThan(rows);

    const { summary, ...second } = await load(file);
    expect(second).toMatchObject({ exitCode: 0, stderr: '' });
    expect(summary['already there']).toBeGreaterThanOrEqual(before);
    expect((summary['already there'] ?? 0) + (summary['created'] ?? 0)).toBe(rows);
    expect(await service.count(signal)).toBe(rows);
  });
});

describe('rows that the service rejects', () => {
  it('are listed with line and reason, and the others are loaded', async () => {
    const content = [
      'brand,model,year',
      '"Reject\r\ned",Broken,2018',
      'Rejected,Fine,2018',
      '',
      'Rejected,Too old,1700',
      'Rejected,Not a number,MMXVIII',
      'Rejected,,2018',
      'Rejected,"Two\n\nbreaks",2018,extra',
      'Rejected,Short',
      'Rejected,Half,2018.5',
    ].join('\r\n');
    const run = await load(await csv.write(content));
    expect(run.exitCode).toBe(1);
    expect(run.summary).toMatchObject({ rows: 8, created: 1, rejected: 7 });
    expect(run.stderr).toMatch(/^line 2: brand: .+$/m);
    expect(run.stderr).toMatch(/^line 6: year: .*1886.*$/m);
    expect(run.stderr).toMatch(/^line 7: year: .*integer.*$/m);
    expect(run.stderr).toMatch(/^line 8: model: .+$/m);
    expect(run.stderr).toMatch(/^line 9: has 4 values, but the header has 3 columns$/m);
    expect(run.stderr).toMatch(/^line 12: has 2 values, but the header has 3 columns$/m);
    expect(run.stderr).toMatch(/^line 13: year: .*integer.*$/m);
    expect(await service.count('Rejected')).toBe(1);
  });

  it('are written to a file, which can be corrected and loaded', async () => {
    const content =
      'Brand;Model;Year\r\nTo correct;One;1700\r\nTo correct;Two;2018\r\nTo correct;"Th;ree";x\r\n';
    const rejected = join(csv.path, 'rejected.csv');
    const first = await load(await csv.write(content), '--rejected', rejected);
    expect(first).toMatchObject({ exitCode: 1, summary: { created: 1, rejected: 2 } });
    expect(first.stderr).toContain(`Correct the rejected rows in ${rejected}`);
    const text = await readFile(rejected, 'utf8');
    expect(text).toBe('Brand;Model;Year\nTo correct;One;1700\nTo correct;"Th;ree";x\n');
    await writeFile(rejected, text.replace('1700', '1900').replace(';x', ';2000'));
    expect(await load(rejected)).toMatchObject({ exitCode: 0, summary: { created: 2 } });
    expect(await service.count('To correct')).toBe(3);
  });

  it('are only counted after the first hundred', async () => {
    const rows = Array.from({ length: 123 }, () => 'Many,Old,1700\n');
    const run = await load(await csv.write(`brand,model,year\n${rows.join('')}`));
    expect(run.stderr.match(/^line \d+:/gm)).toHaveLength(100);
    expect(run.stderr).toContain('and 23 more rejected rows');
    expect(run.summary['rejected']).toBe(123);
  });
});

it('continues by itself after the service was killed and restarted', async () => {
  const rows = 20_000;
  const file = await csv.write(csvOf('Restarted', rows));
  const running = startLoad([file, '--url', service.url, '--concurrency', '1']);
  await untilSomeExist('Restarted');
  await service.killAndRestart();
  const run = await running.finished;
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await service.count('Restarted')).toBe(rows);
});

it('only validates the rows in a dry run', async () => {
  const file = await csv.write(`${csvOf('Dry', 3)}Dry,Old,1700\n`);
  const run = await load(file, '--dry-run');
  expect(run).toMatchObject({ exitCode: 1, summary: { rows: 4, valid: 3, rejected: 1 } });
  expect(run.stderr).toMatch(/^line 5: year: /m);
  expect(await service.count('Dry')).toBe(0);
  expect((await load(file)).summary).toMatchObject({ created: 3, 'already there': 0 });
});
