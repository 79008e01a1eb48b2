/** The page without a mouse. */

import { expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { readRows, usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const open = usePages();

it('adds, sorts, filters, edits, deletes and undoes with the keyboard alone', async () => {
  const { page, expectClean } = await open(app());
  const { keyboard } = page;
  const focused = () =>
    page.evaluate('document.activeElement.ariaLabel ?? document.activeElement.textContent');
  await page.getByText('No cars yet').waitFor();

  await keyboard.press('n');
  for (const [brand, model, year] of [
    ['VW', 'Polo', '1999'],
    ['Audi', 'A4', '2005'],
    ['Seat', 'Ibiza', '2005'],
  ] as const) {
    await page.locator('#car-field-brand:focus').waitFor();
    await keyboard.type(brand);
    await keyboard.press('Tab');
    await keyboard.type(model);
    await keyboard.press('Tab');
    await keyboard.type(year);
    await keyboard.press('Enter');
    await page.getByText(`Added ${brand} ${model} ${year}.`).waitFor();
  }
  await page.locator('#car-field-brand').press('Escape');
  await waitForCount(page, '3 cars');

  // The head of the column, its filter, and the panel of the filter.
  await page.getByRole('button', { name: 'Brand', exact: true }).focus();
  await keyboard.press('Enter');
  await page.locator('[aria-sort=ascending]').waitFor();
  await expect
    .poll(async () => (await readRows(page)).map(([brand]) => brand))
    .toEqual(['Audi', 'Seat', 'VW']);
  for (const _ of [1, 2, 3, 4, 5]) await keyboard.press('Tab');
  await expect.poll(focused).toBe('Filter by Year');
  await keyboard.press('Enter');
  await page.getByRole('checkbox', { name: /^2005/ }).waitFor();
  await keyboard.press('Tab');
  await keyboard.press('Space');
  await keyboard.press('Escape');
  await waitForCount(page, '2 cars found');

  await keyboard.press('Tab');
  await expect.poll(focused).toBe('Audi');
  await keyboard.press('ArrowDown');
  await expect.poll(focused).toBe('Seat');
  await keyboard.press('ArrowRight');
  await keyboard.press('Enter');
  await page.locator('#car-field-model:focus').waitFor();
  await keyboard.type('Leon');
  await keyboard.press('Enter');
  await page.getByText('Saved Seat Leon 2005.').waitFor();
  await expect.poll(focused).toBe('Leon');

  await keyboard.press('h');
  await page.getByRole('dialog', { name: 'History' }).getByText('Changed').waitFor();
  await keyboard.press('Escape');
  await expect.poll(focused).toBe('Leon');

  await keyboard.press('Delete');
  await expect.poll(focused).toBe('Undo: Seat Leon 2005');
  await keyboard.press('Control+z');
  await page.getByText('Seat Leon 2005 was not deleted.').waitFor();

  await keyboard.press('/');
  await keyboard.type('aud');
  await waitForCount(page, '1 car found');
  await expectClean();
});

it('acts only on the car that has the focus', async () => {
  await app().post('/cars', { brand: 'Focus', model: 'First', year: 1990 });
  const { page, requests, expectClean } = await open(app(), { hash: '#brand=Focus' });
  const { keyboard } = page;
  await page.getByRole('gridcell', { name: 'First', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Brand', exact: true }).focus();
  for (const key of ['Delete', 'h', 'H', 'ArrowDown']) await keyboard.press(key);
  expect(
    await page.getByRole('button', { name: 'Brand', exact: true }).evaluate((it) => it.matches(':focus')),
  ).toBe(true);
  // What a key starts, it starts at once: so these requests would have come before this one.
  await page.getByRole('gridcell', { name: 'First', exact: true }).press('h');
  await page.getByRole('dialog', { name: 'History' }).getByRole('listitem').waitFor();
  expect(requests.filter((url) => /\/cars\/\d+$/.test(url))).toEqual([]);
  expect(requests.filter((url) => /\/history/.test(url)).length).toBe(1);
  await expectClean();
});

it('undoes with Caps Lock, and leaves Ctrl+/ to the browser', async () => {
  await app().post('/cars', { brand: 'Caps', model: 'Lock', year: 1990 });
  const { page, expectClean } = await open(app(), { hash: '#brand=Caps' });
  await page.getByRole('gridcell', { name: 'Lock', exact: true }).press('Delete');
  await page.getByText('Deleted Caps Lock 1990.').waitFor();
  await page.keyboard.press('Control+/');
  expect(await page.getByRole('searchbox').evaluate((it) => it.matches(':focus'))).toBe(false);
  await page.evaluate(
    'document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Z", ctrlKey: true, bubbles: true, cancelable: true }))',
  );
  await page.getByText('Caps Lock 1990 was not deleted.').waitFor();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard' });
  await dialog.waitFor();
  for (const key of ['Home', 'End', 'Page Up', 'Page Down', 'F2', 'Esc'])
    expect([key, await dialog.getByText(key, { exact: true }).count()]).toEqual([key, 1]);
  await expectClean();
});
