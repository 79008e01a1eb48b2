/** Wrong usage of the loader, and files that it cannot use. */

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CsvFolder, createCsvFolder, csvOf } from './csv-folder.ts';
import { runLoad } from './run-load.ts';
import { created, type ScriptedService, scriptService } from './scripted-service.ts';

let csv: CsvFolder;
let service: ScriptedService;

beforeAll(async () => {
  [csv, service] = await Promise.all([createCsvFolder(), scriptService((response) => created(response, 1))]);
});
afterAll(() => Promise.all([csv.remove(), service[Symbol.asyncDispose]()]));

it.each([
  { what: 'an empty file', content: '', says: 'is empty' },
  {
    what: 'a workbook',
    content: Buffer.from('PK\x03\x04\x14\0', 'latin1'),
    says: 'in Excel, save it as "CSV UTF-8"',
  },
  {
    what: 'a compressed file',
    content: gzipSync(csvOf('Kia', 1)),
    says: 'gunzip -c FILE | npm run load -- -',
  },
  {
    what: 'Latin-1',
    content: Buffer.from(csvOf('Citroën', 1), 'latin1'),
    says: 'not UTF-8; in Excel, save it as "CSV UTF-8"',
  },
  {
    what: 'UTF-16',
    content: Buffer.from(`\uFEFF${csvOf('Kia', 1)}`, 'utf16le'),
    says: 'not UTF-8; in Excel, save it as "CSV UTF-8"',
  },
  {
    what: 'a quote that is never closed',
    content: `${csvOf('Kia', 2)}Kia,"Rio,2018\nKia,Rio,2018\n`,
    says: 'line 4: a quote is never closed',
  },
  {
    what: 'a stray quote that a later quote closes',
    content: `${csvOf('Kia', 5000)}Kia,"Rio,2018\n${csvOf('Kia', 300)}Kia,Rio "sport",2018\n`,
    says: 'line 5002: a quote is never closed',
  },
  {
    what: 'a stray quote inside a value',
    content: `brand,model,year\n"Two\r\nlines",A,2018\n\n,,\n${'Kia,Rio,2018\n'.repeat(9000)}Kia,Rio 5",2018\n`,
    says: 'line 9006: a quote is never closed',
  },
  {
    what: 'a quote that is never closed in a large file',
    content: `${csvOf('Kia', 2)}Kia,"Rio,2018\n${csvOf('Kia', 100_000)}`,
    says: 'line 4: the record is longer than 64 KiB; is a quote in it never closed?',
  },
  {
    what: 'a long line of commas',
    content: `brand,model,year\n${','.repeat(300_000)}`,
    says: 'longer than 64 KiB',
  },
])('rejects $what before it sends anything', async ({ content, says }) => {
  const run = await runLoad(await csv.write(content), '--url', service.url);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain(says);
  expect(service.received).toHaveLength(0);
});

it.each([
  { what: 'no file', args: [], says: 'FILE.csv is missing' },
  { what: 'a missing file', args: ['/no/such/file.csv'], says: 'no such file' },
  { what: 'a folder', args: ['/'], says: 'is not a regular file; to load from a pipe, use -' },
  { what: 'two files', args: ['a.csv', 'b.csv'], says: 'expected one file, got 2' },
  { what: 'an unknown option', args: ['a.csv', '--fast'], says: "'--fast'" },
  { what: 'a URL with another scheme', args: ['a.csv', '--url', 'ftp://host'], says: '--url must be' },
  { what: 'concurrency 0', args: ['a.csv', '--concurrency', '0'], says: '--concurrency must be' },
])('exits with 2 on wrong usage: $what', async ({ args, says }) => {
  const run = await runLoad(...args);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain(says);
});

it('exits with 2 if the rejected rows cannot be written, before it sends anything', async () => {
  const file = await csv.write(csvOf('Kia', 1));
  const run = await runLoad(file, '--url', service.url, '--rejected', '/no/such/folder/file');
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain('cannot write /no/such/folder/file');
  expect(service.received).toHaveLength(0);
});

it('prints its help', async () => {
  const run = await runLoad('--help');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.stdout).toMatch(/^Usage: npm run load/);
});
