/** Texts that try to be more than text, in every place where the page shows a car. */

import { expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { usePages } from './page-browser.ts';

const app = useApp();
const open = usePages();

const TEXTS = [
  '<img src=x onerror="window.attacked=true">',
  '"><script>window.attacked=true</script>',
  "javascript:window.attacked=true//'",
  '{{constructor.constructor("window.attacked=true")()}}',
  '\u202eevitartsinimda',
  '__proto__',
  '=HYPERLINK("http://evil.example")',
];

// Proves: text-as-code
it('shows the texts of cars as texts: list, filter, chips, editor, history, charts, import and notices', async () => {
  const { page, expectClean } = await open(app());
  const file = TEXTS.map((text) => JSON.stringify({ brand: text, model: text, year: 2001 })).join('\n');
  const rejected = TEXTS.map((text) => JSON.stringify({ brand: text, model: text, year: text })).join('\n');
  await page.getByRole('button', { name: 'Import' }).click();
  const upload = {
    name: '<b>x.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(`${file}\n${rejected}`),
  };
  await page.locator('input[type=file]').setInputFiles(upload);
  await page.getByRole('button', { name: 'Import 14 rows' }).click();
  await page.getByRole('table', { name: 'Rejected rows' }).waitFor();
  await page.getByRole('dialog').getByText('Close', { exact: true }).click();
  for (const text of TEXTS) {
    expect(await page.locator('.cell.brand .text').filter({ hasText: text }).count()).toBeGreaterThan(0);
  }
  const [hostile = ''] = TEXTS;
  const name = `${hostile} ${hostile} 2001`;
  await page.getByRole('button', { name: `History of ${name}` }).click();
  await page.getByRole('dialog', { name: 'History' }).getByRole('listitem').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  expect(await page.getByRole('textbox', { name: 'Model' }).inputValue()).toBe(hostile);
  await page.getByRole('textbox', { name: 'Year' }).fill('2002');
  await page.keyboard.press('Enter');
  await page.getByText(`Saved ${hostile} ${hostile} 2002.`).waitFor();
  await page.getByRole('button', { name: 'Filter by Brand' }).click();
  await page.getByRole('checkbox', { name: hostile }).check();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: `Remove the filter Brand: ${hostile}` }).waitFor();
  await page.getByRole('button', { name: 'Charts' }).click();
  await page.getByRole('img', { name: 'Brands over the years' }).waitFor();
  for (const summary of await page.locator('summary').all()) await summary.click();
  expect(await page.locator('.chart-table').first().innerText()).toContain(hostile);
  expect(await page.locator('main :is(script, img[src=x], b, iframe)').count()).toBe(0);
  expect(await page.evaluate('"attacked" in window')).toBe(false);
  await expectClean();
});

it('ignores a fragment that is no view', async () => {
  const hash = '#sort=<script>,-nothing&year=x&view=<b>&brand=%00&yearMin=1e999&__proto__=1';
  const { page, expectClean } = await open(app(), { hash, expected: [400] });
  await page.getByRole('heading', { name: 'The cars cannot be loaded' }).waitFor();
  await page.getByRole('button', { name: 'Remove the filter' }).click();
  await page.getByRole('grid').waitFor();
  expect(await page.evaluate('"attacked" in window')).toBe(false);
  await expectClean();
});

it('keeps a name from changing the direction of the words around it', async () => {
  for (const brand of ['\u202elive', 'a\u2069\u202eb', 'רכב'])
    expect((await app().post('/cars', { brand, model: 'x', year: 2031 })).status).toBe(201);
  const { page, expectClean } = await open(app(), { hash: '#year=2031' });
  for (const name of ['live', 'ab', '\u2068רכב\u2069']) {
    await page.getByRole('button', { name: `Delete ${name} x 2031` }).click();
    await page.getByText(`Deleted ${name} x 2031.`).waitFor();
    await page.locator('.notice').getByRole('button', { name: 'Undo' }).click();
    await page.getByText(`Deleted ${name} x 2031.`).waitFor({ state: 'hidden' });
  }
  await expectClean();
});
