/** The charts: that they follow the cars and the filter, and what happens if they cannot be loaded. */

import type { Page, Route } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const open = usePages();

beforeEach(async () => {
  for (const { id } of JSON.parse((await app().get('/cars')).body)) await app().delete(`/cars/${id}`);
  for (const [brand, model, year] of [
    ['Fiat', 'Panda', 1980],
    ['VW', 'Golf', 1974],
  ])
    expect((await app().post('/cars', { brand, model, year })).status).toBe(201);
});

/** The cars per brand, in the words of the table of the first chart. */
async function expectBrands(page: Page, brands: string): Promise<void> {
  const table = page.locator('.chart-table').first();
  await expect
    .poll(async () => (await table.innerText()).replace(/\s+/g, ' '), { timeout: 20_000 })
    .toBe(`Brand Cars ${brands}`);
}

it('draws the charts again after a deletion and an import', async () => {
  const { page, expectClean } = await open(app());
  await waitForCount(page, '2 cars');
  await page.clock.install();
  await page.getByRole('button', { name: 'Delete VW Golf 1974' }).click();
  await page.getByText('Deleted VW Golf 1974.').waitFor();
  await page.getByRole('button', { name: 'Charts' }).click();
  await page.getByText('Show as a table').first().click();
  await expectBrands(page, 'Fiat 1 VW 1');
  await page.clock.runFor(9000);
  await expectBrands(page, 'Fiat 1');
  await page.getByRole('button', { name: 'Import' }).click();
  const buffer = Buffer.from('brand,model,year\nSeat,Ibiza,1984\n');
  await page.locator('input[type=file]').setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'Import 1 row', exact: true }).click();
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  await expectBrands(page, 'Fiat 1 Seat 1');
  await expectClean();
});

it('marks charts that do not show the filter yet', async () => {
  const { page, expectClean } = await open(app(), { hash: '#view=charts' });
  await page.getByText('Show as a table').first().click();
  const charts = page.locator('.charts');
  expect(await charts.getAttribute('aria-busy')).toBe('false');
  const held: Route[] = [];
  let isHeld = true;
  await page.route('**/cars/counts*', (route) => (isHeld ? void held.push(route) : route.continue()));
  await page.evaluate('location.hash = "#brand=Fiat&view=charts"');
  await page.locator('.charts[aria-busy=true]').waitFor();
  isHeld = false;
  for (const route of held) await route.continue();
  await page.locator('.charts[aria-busy=false]').waitFor();
  await expectBrands(page, 'Fiat 1');
  await expectClean();
});

it('says that a part of the page could not be loaded, and lets the visitor try again', async () => {
  const { page, expectClean } = await open(app(), { expected: [404] });
  await waitForCount(page, '2 cars');
  await page.route('**/page/*.js', (route) => route.fulfill({ status: 404, body: '' }));
  const notice = page.getByText('This part of the page could not be loaded.');
  await page.getByRole('button', { name: 'Charts' }).click();
  await notice.waitFor();
  await page.getByRole('grid').waitFor();
  await page.locator('.notice').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Import' }).click();
  await notice.waitFor();
  // No dialogue is open, so the keys work.
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Import' }).click();
  await page.getByRole('dialog', { name: 'Import cars' }).waitFor();
  await expectClean();
});
