/** Importing files on the page. */

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { usePages } from './page-browser.ts';

const app = useApp();
const open = usePages();

async function chooseFile(page: Page, name: string, content: string | Buffer): Promise<void> {
  await page.getByRole('button', { name: 'Import' }).click();
  const buffer = Buffer.from(content);
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer });
}

/** What became of the rows, such as `2 created 0 rejected`. */
async function readFigures(page: Page): Promise<string> {
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  return (await page.locator('.figures').innerText()).replace(/\s+/g, ' ').trim();
}

/** The rejected rows, as the page offers them for download. */
async function downloadRejected(page: Page): Promise<string> {
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download rejected rows' }).click();
  return readFile(await (await downloaded).path(), 'utf8');
}

const countCars = async () =>
  Number((await app().get('/cars?limit=1&count=exact')).headers.get('x-total-count'));

it('lets the visitor map columns, and offers the rejected rows as a file that can be imported again', async () => {
  const { page, expectClean } = await open(app());
  // An umlaut, a line break inside quotes, an empty line, a bad year, and no brand.
  const csv =
    '\ufeffMarke;Modell;Baujahr\r\n"Škoda";"Octavia\r\nCombi";2010\r\n\r\nOpel;Corsa;20x5\r\n;Polo;2001\r\nVW;Käfer;1950.0\r\n';
  await chooseFile(page, 'autos.csv', csv);
  const start = page.getByRole('button', { name: 'Import 4 rows' });
  expect(await start.isDisabled()).toBe(true);
  await page.getByLabel('Column for Brand').selectOption('Marke');
  await page.getByLabel('Column for Model').selectOption('Modell');
  await page.getByLabel('Column for Year').selectOption('Baujahr');
  await start.click();
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  const rejected = page.getByRole('table', { name: 'Rejected rows' }).locator('tbody tr');
  expect(await rejected.allInnerTexts()).toEqual([
    expect.stringMatching(/^2\t.*Octavia.*\tModel: No line breaks/s),
    expect.stringMatching(/^5\tOpel, Corsa, 20x5\tYear: A year from 1886 to 2100/),
    expect.stringMatching(/^6\t, Polo, 2001\tBrand: Required/),
  ]);
  expect(await countCars()).toBe(1);
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download rejected rows' }).click();
  const download = await downloaded;
  expect(download.suggestedFilename()).toBe('autos-rejected.csv');
  const lines = (await readFile(await download.path(), 'utf8')).split('\r\n');
  // With a byte order mark, because Excel would read the umlauts as another encoding without it.
  expect(lines[0]).toBe('\ufeffMarke,Modell,Baujahr,line,reason');
  expect(lines.at(-1)).toMatch(/^,Polo,2001,6,Brand: Required/);
  await expectClean();
});

it("explains rejected rows in the visitor's language, and what only the service knows in its words", async () => {
  const { page, expectClean } = await open(app(), { locale: 'es-ES' });
  const lines = '{"brand":"A","model":"B","year":1800}\n{"brand":42,"model":"B","year":2000}\n';
  await chooseFile(page, 'dos.ndjson', lines);
  await page.getByRole('button', { name: 'Importar 2 filas' }).click();
  const reasons = page.locator('.rejected tbody td:last-child');
  await reasons.nth(1).waitFor();
  expect(await reasons.allInnerTexts()).toEqual(['Año: Un año entre 1886 y 2100', 'Marca: must be string']);
  await expectClean();
});

it('creates nothing twice when the same file is sent again', async () => {
  const before = await countCars();
  const { page, expectClean } = await open(app());
  for (const figures of ['2 created 1 rejected', '0 created 2 imported earlier 1 rejected']) {
    await chooseFile(
      page,
      'two.ndjson',
      '{"brand":"A","model":"1","year":2001}\n{"brand":"B","model":"2","year":2002}\n{"brand":"C"}\n',
    );
    await page.getByRole('button', { name: 'Import 3 rows' }).click();
    expect(await readFigures(page)).toBe(figures);
    await page.getByRole('dialog').getByText('Close', { exact: true }).click();
  }
  expect(await countCars()).toBe(before + 2);
  await expectClean();
});

it.each([
  ['is not UTF-8', Buffer.from([0x62, 0x0a, 0xff]), 'This file is not UTF-8 text.'],
  ['has no rows', 'brand,model,year\n', 'This file has no rows.'],
  [
    'has a quote that is never closed',
    'brand,model,year\nA,1,2001\nB,"2,2002\nC,3,2003\n',
    'line 3: a quote is never closed',
  ],
  [
    'has text after a quote',
    'brand,model,year\n\nA,"1"x,2001\nB,2,2002\n',
    'line 3: a quote is never closed',
  ],
])('explains why a file cannot be imported that %s', async (_, content, message) => {
  const { page, expectClean } = await open(app());
  await chooseFile(page, 'bad.csv', content);
  await page.getByText(message).waitFor();
  expect(await page.getByRole('alert').count()).toBe(1);
  await expectClean();
});

it('shows rows that are no CSV or no JSON as rejected, and imports the others', async () => {
  const before = await countCars();
  const { page, expectClean } = await open(app());
  await chooseFile(page, 'some.jsonl', '{"brand":"A","model":"1","year":2001}\nnonsense\n[1]\n');
  await page.getByRole('button', { name: 'Import 3 rows' }).click();
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  expect(await page.getByText('The line is not a JSON object.').count()).toBe(2);
  expect(await countCars()).toBe(before + 1);
  await expectClean();
});

it('shows progress in the order of the file, and ignores empty values at the end of a row', async () => {
  const { page, expectClean } = await open(app());
  const rows = Array.from({ length: 1500 }, (_, index) => `Order,${index},2001,\n`).join('');
  const release = Promise.withResolvers<void>();
  let batches = 0;
  await page.route('**/cars/batch', async (route) => {
    batches += 1;
    if (batches === 2) await release.promise;
    await route.continue();
  });
  await chooseFile(page, 'order.csv', `brand,model,year\n${rows}A,B,2001,x\n`);
  await page.getByRole('button', { name: 'Import 1,501 rows' }).click();
  await page.getByText('1,000 of 1,501 rows').waitFor();
  release.resolve();
  expect(await readFigures(page)).toBe('1,500 created 1 rejected');
  await expectClean();
});

it('rejects a row with more values than columns, and keeps all its values for the correction', async () => {
  const before = await countCars();
  const { page, expectClean } = await open(app());
  await chooseFile(page, 'comma.csv', 'year,brand,model\n2001,VW,Golf, GTI\n2002,VW,Polo\n');
  await page.getByRole('button', { name: 'Import 2 rows' }).click();
  expect(await readFigures(page)).toBe('1 created 1 rejected');
  const text = await downloadRejected(page);
  expect(text).toMatch(/^\ufeffyear,brand,model,line,reason\r\n2001,VW,Golf," GTI",2,More values/);
  await page.getByRole('button', { name: 'Import another file' }).click();
  const upload = (name: string, content: string) =>
    page
      .locator('input[type=file]')
      .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) });
  await upload('comma-rejected.csv', text);
  await page.getByRole('button', { name: 'Import 1 row', exact: true }).click();
  expect(await readFigures(page)).toBe('0 created 1 rejected');
  await page.getByRole('button', { name: 'Import another file' }).click();
  await upload('comma-corrected.csv', text.replace('Golf," GTI"', '"Golf, GTI"'));
  await page.getByRole('button', { name: 'Import 1 row', exact: true }).click();
  expect(await readFigures(page)).toBe('1 created 0 rejected');
  expect(await countCars()).toBe(before + 2);
  await expectClean();
});

it.each([
  ['CRLF, then LF', 'brand,model,year\r\nA,1,2001\nB,2,2002\n'],
  ['LF, then CRLF', 'brand,model,year\nA,1,2001\r\nB,2,2002\r\n'],
  ['CR', 'brand,model,year\rA,1,2001\rB,2,2002\r'],
])('reads a CSV file whose lines end in %s', async (_, content) => {
  const { page, expectClean } = await open(app());
  await chooseFile(page, 'lines.csv', content);
  await page.getByRole('button', { name: 'Import 2 rows' }).click();
  expect(await readFigures(page)).toBe('2 created 0 rejected');
  await expectClean();
});

it('cuts a long value that it shows, and says how many rejected rows the file has', async () => {
  const { page, expectClean } = await open(app());
  const good = '{"brand":"A","model":"1","year":2001}\n';
  await chooseFile(page, 'broken.jsonl', `${good}${'x'.repeat(5000)}\n${'x\n'.repeat(100_000)}`);
  await page.getByRole('button', { name: 'Import 100,002 rows' }).click();
  expect(await readFigures(page)).toBe('1 created 100,001 rejected');
  expect(await page.locator('.rejected tbody td').nth(1).innerText()).toBe(`${'x'.repeat(200)}…`);
  await page.getByText('The download has the first 100,000 rejected rows.').waitFor();
  expect((await downloadRejected(page)).split('\r\n').length).toBe(1 + 100_000);
  await expectClean();
});

it('shows the file that was dropped last, however long an earlier one takes to read', async () => {
  const { page, expectClean } = await open(app());
  // The first file is read only when it may be.
  await page.evaluate(`{
    const read = File.prototype.arrayBuffer;
    const { promise, resolve } = Promise.withResolvers();
    window.readSlowFile = resolve;
    window.slowFileWasRead = false;
    File.prototype.arrayBuffer = async function () {
      if (this.name === 'slow.csv') await promise;
      const bytes = await read.call(this);
      // Time for the page to show it, which it must not.
      if (this.name === 'slow.csv') setTimeout(() => { window.slowFileWasRead = true; }, 100);
      return bytes;
    };
  }`);
  for (const name of ['slow.csv', 'fast.csv']) {
    const dataTransfer = await page.evaluateHandle(`{
      const transfer = new DataTransfer();
      transfer.items.add(new File(['brand,model,year\\nA,1,2001\\n'], '${name}', { type: 'text/csv' }));
      transfer;
    }`);
    await page.dispatchEvent('main', 'drop', { dataTransfer });
    if (name === 'slow.csv') await page.getByText('Reading the file…').waitFor();
  }
  await page.locator('.file-name').getByText('fast.csv').waitFor();
  await page.evaluate('readSlowFile()');
  await expect.poll(() => page.evaluate('slowFileWasRead')).toBe(true);
  await page.locator('.file-name').getByText('fast.csv').waitFor();
  await expectClean();
});

it('moves the focus to the heading at each step, and announces how the import ended', async () => {
  const { page, expectClean } = await open(app());
  const heading = page.locator('dialog h2:focus');
  await page.getByRole('button', { name: 'Import' }).click();
  await page.locator('input[type=file]:focus').waitFor();
  await page.keyboard.press('Escape');
  await chooseFile(page, 'one.csv', 'brand,model,year\nA,focus,2001\n');
  await heading.getByText('Import cars').waitFor();
  await page.getByRole('button', { name: 'Import 1 row', exact: true }).click();
  await heading.getByText('Import finished').waitFor();
  await page.getByRole('status').getByText('created', { exact: true }).waitFor();
  await expectClean();
});

it('stops on Escape, and continues without creating a car twice', async () => {
  const before = await countCars();
  const { page, expectClean } = await open(app());
  let sent = 0;
  await page.route('**/cars/batch', async (route) => {
    sent += 1;
    // The second batch is never answered.
    if (sent !== 2) await route.continue();
  });
  const rows = Array.from({ length: 2500 }, (_, index) => `A,${index},2001`);
  await chooseFile(page, 'many.csv', `brand,model,year\n${rows.join('\n')}\n`);
  await page.getByRole('button', { name: 'Import 2,500 rows' }).click();
  await page.getByText('1,000 of 2,500 rows').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('with the same API key. No car is created twice.').waitFor();
  expect(await countCars()).toBe(before + 1000);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  expect(await countCars()).toBe(before + 2500);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await expectClean();
});
