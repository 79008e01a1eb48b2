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
  await rowOf(page, 'Fiat Mine 1960').waitFor();
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
  await expect.poll(async () => (await app().get(path)).status).toBe(404);
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

/** Holds back the responses to some requests. Returns what lets them go. */
async function hold(page: Page, url: string, method: string): Promise<() => void> {
  const held: (() => void)[] = [];
  let isHeld = true;
  await page.route(url, (route) => {
    if (isHeld && route.request().method() === method) held.push(() => void route.continue());
    else void route.continue();
  });
  return () => {
    isHeld = false;
    for (const release of held) release();
  };
}

/** Answers one request with an error of a proxy. With `after`, the service gets the request before. */
async function failOnce(page: Page, url: string, method: string, status: number, after = false) {
  let hasFailed = false;
  await page.route(url, async (route) => {
    if (hasFailed || route.request().method() !== method) return route.continue();
    hasFailed = true;
    if (after) await route.fetch();
    return route.fulfill({ status, body: 'a proxy' });
  });
}

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

it('asks before another edit replaces a changed draft', async () => {
  await createCar('Draft A');
  await createCar('Draft B');
  const { page, expectClean } = await open(app(), { hash: '#q=Fiat&model=Draft+A&model=Draft+B' });
  const model = page.getByRole('textbox', { name: 'Model' });
  await rowOf(page, 'Fiat Draft A 1957').getByRole('button', { name: 'Edit' }).click();
  await model.fill('Typed');
  await rowOf(page, 'Fiat Draft B 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByText(/You have unsaved changes to Fiat .*\./).waitFor();
  expect(await model.inputValue()).toBe('Typed');
  await page.getByRole('button', { name: 'Add car' }).first().click();
  await waitForFrames(page);
  expect(await model.inputValue()).toBe('Typed');
  await page.getByRole('button', { name: 'Discard them' }).click();
  const form = page.getByRole('form', { name: 'Add a car' });
  await form.getByLabel('Brand').fill('Lada');
  // The form is open, so it keeps what was typed.
  await page.getByRole('button', { name: 'Add car' }).first().click();
  await page.locator('#car-field-brand:focus').waitFor();
  expect(await form.getByLabel('Brand').inputValue()).toBe('Lada');
  await expectClean();
});

it('does not open an editor over what the visitor has begun to type meanwhile', async () => {
  const path = await createCar('Slow');
  const { page, expectClean } = await open(app(), { hash: '#model=Slow' });
  const release = await hold(page, `**${path}`, 'GET');
  const asked = page.waitForRequest(`**${path}`);
  await page.getByRole('gridcell', { name: 'Slow', exact: true }).press('Enter');
  await asked;
  await page.keyboard.press('n');
  const brand = page.getByRole('form', { name: 'Add a car' }).getByLabel('Brand');
  await brand.fill('Lada');
  const answered = page.waitForResponse(`**${path}`);
  release();
  await (await answered).finished();
  await waitForFrames(page);
  expect(await brand.inputValue()).toBe('Lada');
  await expectClean();
});

it('accepts no typing while it saves, and does not reopen an editor that was left', async () => {
  const path = await createCar('Saving');
  const { page, expectClean } = await open(app(), { hash: '#model=Saving', expected: [503] });
  const edit = rowOf(page, 'Fiat Saving 1957').getByRole('button', { name: 'Edit' });
  await edit.click();
  const model = page.getByRole('textbox', { name: 'Model' });
  await model.fill('Left');
  let fail = () => {};
  await page.route(`**${path}`, (route) => {
    if (route.request().method() !== 'PATCH') return route.continue();
    fail = () => void route.fulfill({ status: 503, body: 'a proxy' });
    return undefined;
  });
  const asked = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.keyboard.press('Enter');
  await asked;
  expect(await model.getAttribute('readonly')).not.toBe(null);
  await page.keyboard.press('Escape');
  await edit.waitFor();
  fail();
  await page.getByText('503').waitFor();
  expect(await model.count()).toBe(0);
  await page.unrouteAll();
  await edit.click();
  await model.fill('Saved later');
  await page.keyboard.press('Enter');
  await page.getByText('Saved Fiat Saved later 1957.').waitFor();
  await expectClean();
});

it('keeps the choice of a conflict if it could not be saved', async () => {
  const path = await createCar('Choice');
  const { page, expectClean } = await open(app(), { hash: '#model=Choice', expected: [412, 503] });
  await rowOf(page, 'Fiat Choice 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Model' }).fill('Mine');
  await app().patch(path, { model: 'Theirs', year: 1960 });
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Somebody else has changed this car' });
  await dialog.getByRole('radio', { name: 'Year, Your version: 1957' }).check();
  await failOnce(page, `**${path}`, 'PATCH', 503);
  await dialog.getByRole('button', { name: 'Save my choice' }).click();
  await dialog.getByRole('alert').getByText('503').waitFor();
  expect(await dialog.getByRole('radio', { name: 'Year, Your version: 1957' }).isChecked()).toBe(true);
  await dialog.getByRole('button', { name: 'Save my choice' }).click();
  await page.getByText('Saved Fiat Mine 1957.').waitFor();
  await rowOf(page, 'Fiat Mine 1957').waitFor();
  expect(await dialog.count()).toBe(0);
  await expectClean();
});

it('says that a car may have been added if the response is lost, and lets the visitor send another', async () => {
  const { page, expectClean } = await open(app(), { expected: [504] });
  await failOnce(page, '**/cars', 'POST', 504, true);
  await page.getByRole('button', { name: 'Add car' }).first().click();
  const form = page.getByRole('form', { name: 'Add a car' });
  await form.getByLabel('Brand').fill('Lost');
  await form.getByLabel('Model').fill('One');
  await form.getByLabel('Year').fill('1957');
  await page.keyboard.press('Enter');
  await page.getByText('The car may have been added.').waitFor();
  await form.getByLabel('Model').fill('Two');
  await page.keyboard.press('Enter');
  await page.getByText('Added Lost Two 1957.').waitFor();
  const models = JSON.parse((await app().get('/cars?brand=Lost')).body).map(
    (car: { model: string }) => car.model,
  );
  expect(models).toEqual(['One', 'Two']);
  await expectClean();
});

it('adds a car once if the response is lost and the visitor sends it again unchanged', async () => {
  const { page, expectClean } = await open(app(), { expected: [504] });
  await failOnce(page, '**/cars', 'POST', 504, true);
  await page.getByRole('button', { name: 'Add car' }).first().click();
  const form = page.getByRole('form', { name: 'Add a car' });
  await form.getByLabel('Brand').fill('Once');
  await form.getByLabel('Model').fill('Only');
  await form.getByLabel('Year').fill('1957');
  await page.keyboard.press('Enter');
  await page.getByText('The car may have been added.').waitFor();
  await form.getByLabel('Year').press('Enter');
  await page.getByText('Added Once Only 1957.').waitFor();
  expect(JSON.parse((await app().get('/cars?brand=Once')).body).length).toBe(1);
  await expectClean();
});

it('saves although a proxy that compresses makes the ETag weak', async () => {
  const path = await createCar('Gzip');
  const { page, expectClean } = await open(app(), { hash: '#model=Gzip' });
  await page.route(`**${path}`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), etag: `W/${response.headers()['etag']}` };
    await route.fulfill({ response, headers });
  });
  await rowOf(page, 'Fiat Gzip 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Model' }).fill('Gzip saved');
  await page.keyboard.press('Enter');
  await page.getByText('Saved Fiat Gzip saved 1957.').waitFor();
  await expectClean();
});

it('edits nothing without an ETag, because it could overwrite a change', async () => {
  const path = await createCar('No tag');
  const { page, expectClean } = await open(app(), { hash: '#model=No+tag' });
  await page.route(`**${path}`, async (route) => {
    const response = await route.fetch();
    const { etag: _, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await rowOf(page, 'Fiat No tag 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByText('without an ETag').waitFor();
  expect(await page.getByRole('textbox').count()).toBe(0);
  await expectClean();
});

it('counts a deletion', async () => {
  const created = [await createCar('One of two'), await createCar('One of two')];
  const { page, expectClean } = await open(app(), { hash: '#model=One+of+two' });
  await waitForCount(page, '2 cars found');
  await page.clock.install();
  await page.getByRole('button', { name: 'Delete Fiat One of two 1957' }).first().click();
  await page.getByText('Deleted Fiat One of two 1957.').waitFor();
  await page.clock.runFor(9000);
  await waitForCount(page, '1 car found');
  const statuses = await Promise.all(created.map(async (path) => (await app().get(path)).status));
  expect(statuses.sort()).toEqual([200, 404]);
  await expectClean();
});

it('says that a change was not saved if the visitor left it before', async () => {
  const path = await createCar('Left');
  const { page, expectClean } = await open(app(), { hash: '#model=Left', expected: [412] });
  await rowOf(page, 'Fiat Left 1957').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Model' }).fill('Mine');
  expect((await app().patch(path, { year: 1960 })).status).toBe(200);
  const release = Promise.withResolvers<void>();
  await page.route(`**${path}`, async (route) => {
    if (route.request().method() === 'PATCH') await release.promise;
    await route.continue();
  });
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.keyboard.press('Enter');
  await sent;
  await page.keyboard.press('Escape');
  release.resolve();
  await page.getByText('Fiat Left 1957 was not saved').waitFor();
  await expectClean();
});

it('counts a deletion only in a list that has the car', async () => {
  const path = await createCar('Counted');
  await app().post('/cars', { brand: 'Counted', model: 'Other', year: 1990 });
  const { page, expectClean } = await open(app(), { hash: '#model=Counted' });
  await waitForCount(page, '1 car found');
  await page.clock.install();
  await page.getByRole('button', { name: 'Delete Fiat Counted 1957' }).click();
  await page.getByText('Deleted Fiat Counted 1957.').waitFor();
  await page.evaluate('location.hash = "#brand=Counted"');
  await rowOf(page, 'Counted Other 1990').waitFor();
  const answered = page.waitForResponse((response) => response.request().method() === 'DELETE');
  await page.clock.runFor(9000);
  await (await answered).finished();
  await expect.poll(async () => (await app().get(path)).status).toBe(404);
  await page.clock.runFor(100);
  await waitForCount(page, '1 car found');
  await expectClean();
});

it('shows older changes of a car on request', async () => {
  const path = await createCar('Changed');
  for (let year = 1900; year < 1903; year += 1) await app().patch(path, { year });
  const { page, requests, expectClean } = await open(app(), { hash: '#model=Changed' });
  // Two changes a page, instead of a thousand.
  await page.route(/\/history\?/, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('limit', '2');
    return route.continue({ url: url.href });
  });
  await rowOf(page, 'Fiat Changed 1902').getByRole('button', { name: 'History' }).click();
  const dialog = page.getByRole('dialog', { name: 'History' });
  await dialog.getByText('Version 3').waitFor();
  expect(requests.filter((url) => url.includes('/history?limit=1000')).length).toBe(1);
  expect(await dialog.getByText('Version 2').count()).toBe(0);
  await dialog.getByRole('button', { name: 'Show older changes' }).click();
  await dialog.getByText('Version 1', { exact: false }).waitFor();
  expect(await dialog.getByRole('listitem').count()).toBe(4);
  expect(await dialog.getByRole('button', { name: 'Show older changes' }).count()).toBe(0);
  await expectClean();
});

it('returns the focus when a message that has it disappears', async () => {
  await createCar('Message');
  const { page, expectClean } = await open(app(), { hash: '#model=Message' });
  await page.clock.install();
  const cell = page.getByRole('gridcell', { name: 'Message', exact: true });
  await cell.press('Delete');
  await page.getByText('Deleted Fiat Message 1957.').waitFor();
  await page.keyboard.press('Control+z');
  await page.getByText('was not deleted.').waitFor();
  await page.getByRole('searchbox').focus();
  await page.locator('.notice').getByRole('button', { name: 'Close' }).focus();
  await page.clock.runFor(9000);
  await page.locator('input[type=search]:focus').waitFor();
  await expectClean();
});
