/** Changing cars on the page: faults, conflicts, and deletions. */

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { FIELD_NAMES } from '../../src/cars/car.ts';
import { useApp } from '../http/start-app.ts';
import { readRows, rowOf, usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const open = usePages();

/** Creates a car; returns its path. */
async function createCar(model: string): Promise<string> {
  const { headers } = await app().post('/cars', { brand: 'Fiat', model, year: 1957 });
  return String(headers.get('location'));
}

const modelOf = async (path: string) => JSON.parse((await app().get(path)).body).model;

it('adds cars one after another, and shows each fault at its field', async () => {
  const { page, expectClean } = await open(app());
  await page.getByRole('button', { name: 'Add car' }).first().click();
  const form = page.getByRole('form', { name: 'Add a car' });
  expect(await form.locator('input').count()).toBe(FIELD_NAMES.length);
  await form.getByLabel('Brand').fill('Lada');
  await form.getByLabel('Year').fill('1700');
  await page.keyboard.press('Enter');
  await form.getByText('Required').waitFor();
  expect(await form.getByLabel('Model').getAttribute('aria-invalid')).toBe('true');
  expect(await form.getByText('A year from 1886 to 2100').count()).toBe(1);
  expect(await form.getByLabel('Brand').getAttribute('aria-invalid')).toBe('false');
  await form.getByLabel('Model').fill('Niva');
  await form.getByLabel('Year').fill('1977');
  await page.keyboard.press('Enter');
  await page.getByText('Added Lada Niva 1977.').waitFor();
  await page.locator('#car-field-brand:focus').waitFor();
  await page.getByRole('button', { name: 'Show it' }).click();
  await waitForCount(page, '1 car found');
  expect(await readRows(page)).toEqual([['Lada', 'Niva', '1977']]);
  await expectClean();
});

it('shows both versions if somebody else changed the car, and saves what is chosen of each', async () => {
  const path = await createCar('Conflict');
  const { page, expectClean } = await open(app(), { hash: '#model=Conflict', expected: [412] });
  await rowOf(page, 'Fiat Conflict 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Model' }).fill('Mine');
  await app().patch(path, { model: 'Theirs', year: 1960 });
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Somebody else has changed this car' });
  await dialog.waitFor();
  expect(await modelOf(path)).toBe('Theirs');
  expect(await dialog.getByRole('radio', { name: 'Model, Your version: Mine' }).isChecked()).toBe(true);
  // The visitor did not touch the year, so the other's is kept.
  expect(await dialog.getByRole('radio', { name: 'Year, Saved now: 1960' }).isChecked()).toBe(true);
  await dialog.getByRole('button', { name: 'Save my choice' }).click();
  await page.getByText('Saved Fiat Mine 1960.').waitFor();
  expect(JSON.parse((await app().get(path)).body)).toMatchObject({ model: 'Mine', year: 1960 });
  await expectClean();
});

it("keeps the other's version if the visitor discards the change", async () => {
  const path = await createCar('Discard');
  const { page, expectClean } = await open(app(), { hash: '#model=Discard', expected: [412] });
  await rowOf(page, 'Fiat Discard 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Model' }).fill('Mine');
  await app().patch(path, { model: 'Theirs' });
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Discard my change' }).click();
  await rowOf(page, 'Fiat Theirs 1957').waitFor();
  expect(await modelOf(path)).toBe('Theirs');
  await expectClean();
});

it('says that a car no longer exists, instead of editing it', async () => {
  const path = await createCar('Gone');
  const { page, expectClean } = await open(app(), { hash: '#model=Gone', expected: [404] });
  await rowOf(page, 'Fiat Gone 1957').waitFor();
  await app().delete(path);
  await rowOf(page, 'Fiat Gone 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByText('Fiat Gone 1957 no longer exists.').waitFor();
  expect(await page.getByRole('textbox').count()).toBe(0);
  await expectClean();
});

it('sends a deletion when the page is left, and not before', async () => {
  const path = await createCar('Left');
  const { page } = await open(app(), { hash: '#model=Left' });
  await page.getByRole('button', { name: 'Delete Fiat Left 1957' }).click();
  await page.getByText('Deleted Fiat Left 1957.').waitFor();
  expect((await app().get(path)).status).toBe(200);
  await page.goto('about:blank');
  await expect.poll(async () => (await app().get(path)).status, { timeout: 10_000 }).toBe(404);
});

it('does not delete a car that somebody changed meanwhile', async () => {
  const path = await createCar('Kept');
  const { page, expectClean } = await open(app(), { hash: '#model=Kept', expected: [412] });
  await page.clock.install();
  await page.getByRole('button', { name: 'Delete Fiat Kept 1957' }).click();
  await page.getByText('Deleted Fiat Kept 1957.').waitFor();
  await app().patch(path, { year: 1958 });
  await page.clock.runFor(9000);
  await page.getByText('was not deleted, because somebody has changed it.').waitFor();
  await rowOf(page, 'Fiat Kept 1958').waitFor();
  expect((await app().get(path)).status).toBe(200);
  await expectClean();
});

it('does not delete a car that somebody changed after the list was read', async () => {
  const path = await createCar('Stale');
  const { page, expectClean } = await open(app(), { hash: '#model=Stale' });
  await rowOf(page, 'Fiat Stale 1957').waitFor();
  await app().patch(path, { year: 1958 });
  await page.getByRole('button', { name: 'Delete Fiat Stale 1957' }).click();
  await page.getByText('was not deleted, because somebody has changed it.').waitFor();
  await rowOf(page, 'Fiat Stale 1958').waitFor();
  expect(await page.getByText(/^Deleted/).count()).toBe(0);
  await expectClean();
});

it('keeps the focus where it was after an undo, a deletion, and the form that adds cars', async () => {
  const path = await createCar('Focus');
  const { page, expectClean } = await open(app(), { hash: '#model=Focus' });
  await page.clock.install();
  const focused = page.locator('#list .row[data-index="0"] :focus');
  await page.getByRole('gridcell', { name: 'Focus', exact: true }).press('Delete');
  await page.getByText('Deleted Fiat Focus 1957.').waitFor();
  await page.keyboard.press('Control+z');
  await page.clock.runFor(100);
  await page.getByRole('button', { name: 'Edit Fiat Focus 1957' }).waitFor();
  await focused.waitFor();
  await page.keyboard.press('n');
  await page.locator('#car-field-brand:focus').waitFor();
  await page.keyboard.press('Escape');
  await focused.waitFor();
  await page.keyboard.press('Delete');
  await page.getByText('Deleted Fiat Focus 1957.').waitFor();
  await page.clock.runFor(9000);
  await page.getByRole('gridcell', { name: 'Deleted' }).waitFor();
  await page.clock.runFor(100);
  await focused.waitFor();
  expect((await app().get(path)).status).toBe(404);
  await expectClean();
});

it('undoes a deletion before the car was read again', async () => {
  const path = await createCar('Quick');
  const { page, expectClean } = await open(app(), { hash: '#model=Quick' });
  const answers: (() => void)[] = [];
  await page.route(`**${path}`, (route) => answers.push(() => void route.continue()) && undefined);
  await page.getByRole('gridcell', { name: 'Quick', exact: true }).press('Delete');
  await page.keyboard.press('Control+z');
  await page.getByText('Fiat Quick 1957 was not deleted.').waitFor();
  const answered = page.waitForResponse(`**${path}`);
  for (const answer of answers) answer();
  await answered;
  await rowOf(page, 'Fiat Quick 1957').waitFor();
  expect(await page.getByText(/^Deleted/).count()).toBe(0);
  await expectClean();
});

/** Until what a key changed is drawn, and the effects of it have run. */
const waitForFrames = (page: Page) =>
  page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done))))',
  );

it('leaves the focus in the field that the visitor corrects, although another one has a fault', async () => {
  const { page, expectClean } = await open(app());
  await page.getByRole('button', { name: 'Add car' }).first().click();
  const brand = page.locator('#car-field-brand');
  await page.locator('#car-field-brand:focus').press('Enter');
  await page.getByText('Required').first().waitFor();
  for (const letter of 'Fiat') {
    await page.keyboard.type(letter);
    await waitForFrames(page);
  }
  expect(await brand.inputValue()).toBe('Fiat');
  // The next check gives the focus to the first fault again.
  await page.keyboard.press('Enter');
  await page.locator('#car-field-model:focus').waitFor();
  await expectClean();
});
