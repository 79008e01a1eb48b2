/** The file of `--rejected`: what it has already is never lost, and what cannot be written is said. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, readFileSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CsvFolder, createCsvFolder } from './csv-folder.ts';
import { runLoad, startLoad } from './run-load.ts';
import { scriptService } from './scripted-service.ts';

const TEXT = 'brand,model,year\nSeat,Ibiza,1984\nFiat,500,1700\nAudi,"A3\nlong",old\n';
const REJECTED = 'brand,model,year\nFiat,500,1700\nAudi,"A3\nlong",old\n';
const SCRIPT = join(import.meta.dirname, '../../scripts/load.ts');

let csv: CsvFolder;
beforeAll(async () => {
  csv = await createCsvFolder();
});
afterAll(() => csv.remove());

/** Creates the first car, and rejects the two others. */
function rejectTwo(response: ServerResponse): void {
  const rejected = [3, 4].map((line) => ({ line, problem: { type: 'about:blank', detail: 'Wrong' } }));
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ created: 1, ids: [[1, 1]], rejected }));
}

describe('a file to load is never its own --rejected', () => {
  it.each<{ what: string; name: (file: string) => string }>([
    { what: 'the same name', name: (file) => file },
    { what: 'a symbolic link', name: (file) => symlinkSync(file, `${file}.link`) ?? `${file}.link` },
    { what: 'a hard link', name: (file) => linkSync(file, `${file}.hard`) ?? `${file}.hard` },
  ])('by $what', async ({ name }) => {
    await using service = await scriptService(rejectTwo);
    const file = await csv.write(TEXT);
    const run = await runLoad(file, '--rejected', name(file), '--url', service.url);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is the file to load') });
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
    expect(service.received).toHaveLength(0);
  });

  it.each([
    {
      what: 'redirected',
      command: '"$0" "$1" - --rejected "$2" --url "$3" < "$2"',
      says: 'the file to load',
    },
    { what: 'piped', command: 'cat "$2" | "$0" "$1" - --rejected "$2" --url "$3"', says: 'has other rows' },
  ])('as standard input that is $what', async ({ command, says }) => {
    await using service = await scriptService(rejectTwo);
    const file = await csv.write(TEXT);
    const child = spawn('sh', ['-c', command, process.execPath, SCRIPT, file, service.url]);
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(stderr).toContain(says);
    expect(child.exitCode).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
  });
});

describe('a file that exists', () => {
  it.each([
    { what: 'corrected rows', content: REJECTED.replace('1700', '1970') },
    { what: 'a corrected last row without a line feed', content: REJECTED.replace('old\n', '1996') },
    { what: 'the rows of another file', content: 'brand,model,year\nKia,Rio,old\n' },
    { what: 'something else', content: 'a diary' },
    { what: 'a lot', content: TEXT.repeat(3) },
  ])('with $what is kept', async ({ content }) => {
    await using service = await scriptService(rejectTwo);
    const [file, target] = [await csv.write(TEXT), await csv.write(content)];
    const run = await runLoad(file, '--rejected', target, '--url', service.url);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has other rows already') });
    expect(readFileSync(target, 'utf8')).toBe(content);
    expect(service.received).toHaveLength(0);
  });

  it.each([
    { what: 'nothing', content: '' },
    { what: 'what an earlier run wrote', content: REJECTED },
    { what: 'what a killed run wrote', content: REJECTED.slice(0, 40) },
  ])('with $what is written again', async ({ content }) => {
    await using service = await scriptService(rejectTwo);
    const [file, target] = [await csv.write(TEXT), await csv.write(content)];
    const run = await runLoad(file, '--rejected', target, '--url', service.url);
    expect(run).toMatchObject({ exitCode: 1, summary: { created: 1, rejected: 2 } });
    expect(readFileSync(target, 'utf8')).toBe(REJECTED);
  });
});

describe('a file that cannot be written', () => {
  it('ends the run before it sends anything, if that is known', async () => {
    await using service = await scriptService(rejectTwo);
    const run = await runLoad(await csv.write(TEXT), '--rejected', '/dev/full', '--url', service.url);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^load: cannot write \/dev\/full: ENOSPC: .*\nTry --help\.\n$/);
    expect(service.received).toHaveLength(0);
  });

  it('ends the run with one line and the summary, if that happens later', async () => {
    const pipe = join(csv.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reading = open(pipe, 'r');
    await using service = await scriptService(async (response) => {
      await (await reading).close();
      rejectTwo(response);
    });
    const { finished } = startLoad([await csv.write(TEXT), '--rejected', pipe, '--url', service.url]);
    const run = await finished;
    expect(run).toMatchObject({ exitCode: 1, summary: { created: 1, rejected: 2 } });
    expect(run.stderr).toMatch(/^load: stopped: cannot write .*pipe: EPIPE: .* To resume, run the same/m);
    expect(run.stderr).not.toContain('    at ');
  });
});

it('says that standard input cannot be copied', async () => {
  // No file can be larger than 4096 bytes, as on a full disk.
  const command = `trap '' XFSZ; ulimit -f 8; yes Kia,Rio,2018 | head -c 100000 | "$0" "$1" -`;
  const child = spawn('sh', ['-c', command, process.execPath, SCRIPT]);
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(stderr).toMatch(/^load: cannot copy standard input to \/.*: EFBIG: .*\nTry --help\.\n/m);
  expect(child.exitCode).toBe(2);
});
