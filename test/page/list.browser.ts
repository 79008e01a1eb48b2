/** The list: pages that are read as they are looked at, search while typing, and the view in the URL. */

import { beforeAll, expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { readRows, rowOf, usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const open = usePages();

/** In the order of their ids. */
const CARS = Array.from({ length: 12_000 }, (_, index) => ({
  brand: `Brand ${index % 7}`,
  model: `Model ${index}`,
  year: 1990 + (index % 30),
}));

beforeAll(async () => {
  for (let start = 0; start < CARS.length; start += 1000) {
    expect((await app().post('/cars/batch', CARS.slice(start, start + 1000))).status).toBe(200);
  }
});

it('reads pages as they are scrolled to, and draws only the rows in sight', async () => {
  const { page, requests, expectClean } = await open(app());
  await waitForCount(page, '12,000 cars');
  expect(requests.filter((url) => url.includes('/cars?')).length).toBe(1);
  const grid = page.getByRole('grid');
  expect(await grid.getAttribute('aria-rowcount')).toBe('12001');
  await page.evaluate('document.querySelector("#list").scrollTo(0, 1e9)');
  await rowOf(page, 'Brand 1 Model 11999 2019').waitFor();
  expect(await page.locator('#list .rows > .row').count()).toBeLessThan(100);
  // Every page once: there is no other way to the last one.
  expect(requests.filter((url) => url.includes('/cars?')).length).toBe(13);
  await page.evaluate('document.querySelector("#list").scrollTo(0, 0)');
  await rowOf(page, 'Brand 0 Model 0 1990').waitFor();
  expect(requests.filter((url) => url.includes('/cars?')).length).toBe(13);
  await expectClean();
});

it('shows the view of its URL, follows when the URL changes, and writes each change into it', async () => {
  const { page, expectClean } = await open(app(), { hash: '#brand=Brand+3&year=1995&sort=-model' });
  const matching = CARS.filter(({ brand, year }) => brand === 'Brand 3' && year === 1995);
  await waitForCount(page, `${matching.length} cars found`);
  const [first = ''] = (await readRows(page)).map(([, model]) => model);
  expect(first).toMatch(/^Model 9/);
  await page.getByRole('button', { name: 'Year', exact: true }).click({ modifiers: ['Shift'] });
  expect(new URL(page.url()).hash).toBe('#brand=Brand+3&year=1995&sort=-model%2Cyear');
  await page.evaluate('location.hash = "#q=model+77"');
  await waitForCount(page, '111 cars found');
  expect(await page.getByRole('searchbox').inputValue()).toBe('model 77');
  await page.getByRole('button', { name: 'Remove the filter' }).click();
  await waitForCount(page, '12,000 cars');
  expect(new URL(page.url()).hash).toBe('');
  await expectClean();
});

it('searches while the visitor types, and aborts the request for an older text', async () => {
  const { page, expectClean } = await open(app());
  await waitForCount(page, '12,000 cars');
  // Never answered.
  await page.route('**/cars?q=model+7&*', () => {});
  const aborted: string[] = [];
  page.on('requestfailed', (request) => aborted.push(request.url()));
  const search = page.getByRole('searchbox');
  const asked = page.waitForRequest('**/cars?q=model+7&*');
  await search.fill('model 7');
  await asked;
  await search.fill('model 7777');
  await waitForCount(page, '1 car found');
  expect(aborted).toEqual([expect.stringContaining('q=model+7&')]);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await search.fill('m');
  await waitForCount(page, '12,000 cars');
  await expectClean();
});

it('keeps every letter that is typed while the list follows', async () => {
  const { page, expectClean } = await open(app());
  await waitForCount(page, '12,000 cars');
  const search = page.getByRole('searchbox');
  // A little longer than the pause after which the page searches.
  await search.pressSequentially('brand 3 and no such car', { delay: 130 });
  expect(await search.inputValue()).toBe('brand 3 and no such car');
  await page.getByRole('heading', { name: 'No car matches' }).waitFor();
  await expectClean();
});

it('does not bring back a search that was removed while the visitor still typed', async () => {
  const { page, expectClean } = await open(app(), { hash: '#q=model+7' });
  await waitForCount(page, '1,111 cars found');
  await page.clock.install();
  await page.getByRole('searchbox').fill('model 77');
  await page.getByRole('button', { name: 'Remove the filter' }).click();
  await page.clock.runFor(1000);
  await waitForCount(page, '12,000 cars');
  expect(new URL(page.url()).hash).toBe('');
  expect(await page.getByRole('searchbox').inputValue()).toBe('');
  await expectClean();
});

it('explains a failure, and tries again', async () => {
  const { page, expectClean } = await open(app(), { expected: [500] });
  await waitForCount(page, '12,000 cars');
  await page.route('**/cars?*', (route) => route.fulfill({ status: 500, body: 'broken' }));
  await page.getByRole('button', { name: 'Brand', exact: true }).click();
  await page.getByRole('alert').getByText('500').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  expect((await readRows(page))[0]?.[0]).toBe('Brand 0');
  await expectClean();
});

it('does not repeat a failed request by itself', async () => {
  const { page, requests, expectClean } = await open(app(), { expected: [500] });
  await waitForCount(page, '12,000 cars');
  await page.route('**/cars?*', (route) => route.fulfill({ status: 500, body: 'broken' }));
  const before = requests.length;
  await page.evaluate('document.querySelector("#list").scrollTo(0, 50_000)');
  await page.getByRole('alert').getByText('500').waitFor();
  // The message makes the list lower, so other rows are in sight: it must not ask for them.
  await page.evaluate('document.querySelector("#list").scrollTo(0, 60_000)');
  await page.getByRole('row').locator('.bone').first().waitFor();
  await page.evaluate(
    'new Promise((resolve) => { let frames = 0; (function next() { if (++frames > 60) resolve(); else requestAnimationFrame(next); })(); })',
  );
  expect(requests.length).toBe(before + 1);
  await page.getByRole('alert').getByText('500').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  await page.locator('#list .bone').first().waitFor({ state: 'hidden' });
  await expectClean();
});

/** A response that asks to wait. */
const busy = (status: number, code: string, seconds: number) => ({
  status,
  headers: { 'retry-after': String(seconds), 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: `/docs/problems/${code}`, title: 'x', status, detail: 'x' }),
});

it('shows the list without its number, and at once, if counting takes the service too long', async () => {
  const { page, requests, expectClean } = await open(app(), { expected: [503] });
  await waitForCount(page, '12,000 cars');
  await page.route('**/cars?*count=exact*', (route) => route.fulfill(busy(503, 'unavailable', 1)));
  const before = requests.length;
  await page.evaluate('location.hash = "#brand=Brand+3"');
  await rowOf(page, 'Brand 3 Model 3 1993').waitFor();
  await page.locator('.list-size').getByText('Cars', { exact: true }).waitFor();
  expect(requests.slice(before).filter((url) => url.includes('count=exact')).length).toBe(1);
  await expectClean();
});

it('says for how long to wait, instead of waiting unseen', async () => {
  const { page, expectClean } = await open(app(), { expected: [429] });
  await waitForCount(page, '12,000 cars');
  await page.route('**/cars?*', (route) => route.fulfill(busy(429, 'too-many-requests', 30)));
  await page.getByRole('button', { name: 'Brand', exact: true }).click();
  await page.getByRole('alert').getByText('Try again in 30 seconds.').waitFor();
  await expectClean();
});

it('does not show the number of an older list as the answer to a new search', async () => {
  const { page, expectClean } = await open(app());
  await waitForCount(page, '12,000 cars');
  await page.route('**/cars?q=zzz&*', () => {});
  await page.getByRole('searchbox').fill('zzz');
  await page.locator('.list-size').getByText('Loading…').waitFor();
  await page.getByText('12,000 cars').waitFor({ state: 'hidden' });
  expect(await page.locator('.list-size').innerText()).not.toContain('found');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.getByRole('searchbox').fill('zzzz');
  await page.getByRole('heading', { name: 'No car matches' }).waitFor();
  await expectClean();
});

it('shows a failure although nothing matched before', async () => {
  const { page, expectClean } = await open(app(), { hash: '#q=zzzz', expected: [429] });
  await page.getByRole('heading', { name: 'No car matches' }).waitFor();
  const problem = { type: '/docs/problems/too-many-requests', title: 'x', status: 429, detail: 'x' };
  const response = {
    status: 429,
    headers: { 'retry-after': '400', 'content-type': 'application/problem+json' },
    body: JSON.stringify(problem),
  };
  await page.route('**/cars?*', (route) => route.fulfill(response));
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('alert').getByText('Try again in 7 minutes.').waitFor();
  expect(await page.locator('.list-size').innerText()).toBe('Cars');
  await expectClean();
});

it('uses a value as it is stored, and says which values it searches', async () => {
  const { page, expectClean } = await open(app());
  await page.getByRole('button', { name: 'Filter by Model' }).click();
  const find = page.getByRole('searchbox', { name: 'Find in Model' });
  await page.getByRole('checkbox', { name: 'Model 1 1', exact: true }).waitFor();
  await find.fill('model 1');
  await find.press('Enter');
  await page.waitForURL(/#model=Model\+1$/);
  expect(await page.getByRole('checkbox', { name: 'Model 1 1', exact: true }).isChecked()).toBe(true);
  await find.fill('model 119');
  await page.getByText('Only the 1,000 most frequent values are searched.').waitFor();
  await expectClean();
});

it('names the column of each filter, and removes the one that is chosen', async () => {
  const hash = '#brand=2000&brand=2000&model=2000&year=2000&yearMin=1990';
  const { page, expectClean } = await open(app(), { hash });
  const chips = page.locator('.chip');
  const texts = ['Brand: 2000', 'Model: 2000', 'Year: 2000', 'Year: from 1990'];
  await chips.first().waitFor();
  expect(await chips.allInnerTexts()).toEqual(texts);
  await page.getByRole('button', { name: 'Remove the filter Model: 2000' }).click();
  await chips.nth(3).waitFor({ state: 'hidden' });
  expect(await chips.allInnerTexts()).toEqual(texts.filter((text) => text !== 'Model: 2000'));
  await expectClean();
});

it.each([
  [414, 'uri-too-long', 'Hay demasiados filtros, o son demasiado largos.'],
  [500, 'internal', 'Se ha producido un error en el servicio.'],
])("explains a problem in the visitor's language: %i %s", async (status, code, text) => {
  const { page, expectClean } = await open(app(), { locale: 'es-ES', expected: [status] });
  await waitForCount(page, '12.000 coches');
  await page.route('**/cars?*', (route) =>
    route.fulfill({
      status,
      contentType: 'application/problem+json',
      json: { type: `/docs/problems/${code}`, title: 'x', status, detail: 'In English.' },
    }),
  );
  await page.getByRole('button', { name: 'Marca', exact: true }).click();
  await page.getByRole('alert').getByText(text).waitFor();
  await expectClean();
});

it('clears the range of years together with the chosen years', async () => {
  const { page, expectClean } = await open(app(), { hash: '#yearMin=2000&yearMax=2010' });
  await page.getByRole('button', { name: 'Filter by Year' }).click();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await waitForCount(page, '12,000 cars');
  expect(await page.getByLabel('From').inputValue()).toBe('');
  await expectClean();
});

it('says that no car can have a year, and keeps the filter', async () => {
  const { page, expectClean } = await open(app(), { hash: '#yearMin=2000' });
  await page.getByRole('button', { name: 'Filter by Year' }).click();
  const from = page.getByLabel('From', { exact: true });
  await from.fill('1800');
  await from.press('Tab');
  await page.getByRole('alert').getByText('A year from 1886 to 2100').waitFor();
  expect(await from.inputValue()).toBe('1800');
  expect(new URL(page.url()).hash).toBe('#yearMin=2000');
  await from.fill('2001');
  await from.press('Tab');
  await page.waitForURL(/#yearMin=2001$/);
  expect(await page.getByRole('alert').count()).toBe(0);
  await expectClean();
});

it('keeps the focus in the list and in sight when keys move through it', async () => {
  const { page, expectClean } = await open(app());
  await waitForCount(page, '12,000 cars');
  const focused = page.locator('#list .rows :focus');
  await page.locator('[data-cell="0:1"]').focus();
  for (const key of ['PageDown', 'PageDown', 'End', 'Control+End', 'PageUp', 'Control+Home']) {
    await page.keyboard.press(key);
    await expect
      .poll(
        async () => {
          const [row, grid] = [await focused.boundingBox(), await page.getByRole('grid').boundingBox()];
          return row && grid && row.y >= grid.y + 40 && row.y + row.height <= grid.y + grid.height;
        },
        { message: key },
      )
      .toBe(true);
  }
  await expectClean();
});

it('keeps the place of a column that is sorted the other way, and accepts no fourth one', async () => {
  const { page, expectClean } = await open(app(), { hash: '#sort=brand,model,year' });
  await waitForCount(page, '12,000 cars');
  const sortBy = (name: string) =>
    page
      .locator('.sort')
      .filter({ hasText: name })
      .click({ modifiers: ['Shift'] });
  const hash = () => decodeURIComponent(new URL(page.url()).hash);
  await sortBy('Brand');
  await expect.poll(hash).toBe('#sort=-brand,model,year');
  await sortBy('No.');
  await sortBy('Year');
  await expect.poll(hash).toBe('#sort=-brand,model,-year');
  await sortBy('Brand');
  await expect.poll(hash).toBe('#sort=model,-year');
  await expectClean();
});

it('gives the focus to the next filter, or to the list, when a filter is removed', async () => {
  const { page, expectClean } = await open(app(), { hash: '#brand=Brand+1&brand=Brand+2&brand=Brand+3' });
  await page.getByRole('button', { name: 'Remove the filter Brand: Brand 2' }).press('Enter');
  await page.locator('.chip:focus').getByText('Brand 3').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.chip:focus').getByText('Brand 1').waitFor();
  await page.keyboard.press('Enter');
  await waitForCount(page, '12,000 cars');
  await page.locator('#list .rows :focus').waitFor();
  await page.evaluate('location.hash = "#brand=Brand+1&brand=Brand+2"');
  await page.getByRole('button', { name: 'Clear filters' }).press('Enter');
  await page.locator('#list .rows :focus').waitFor();
  await page.evaluate('location.hash = "#brand=None"');
  await page.getByRole('button', { name: 'Clear filters' }).press('Enter');
  await waitForCount(page, '12,000 cars');
  await page.locator('#list .rows :focus').waitFor();
  await expectClean();
});
