/** The page on a service that asks for keys: what it offers to whom. */

import { beforeAll, expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { giveKey } from '../support/give-key.ts';
import { rowOf, usePages } from './page-browser.ts';

const closed = useApp(undefined, { AUTH: 'api-key' });
const readable = useApp(undefined, { AUTH: 'api-key', PUBLIC_READ: 'true' });
const open = usePages();

const keysOf = (app: typeof closed) => app().app.database.keys;

/** Made before the first request, because a service notices new keys after some seconds only. */
const keys = { ann: '', reader: '', writer: '', revoked: '', publicWriter: '' };

beforeAll(async () => {
  keys.ann = await giveKey(keysOf(closed), { name: 'ann', scopes: ['cars:read', 'cars:write'] });
  keys.reader = await giveKey(keysOf(closed), { scopes: ['cars:read'] });
  keys.writer = await giveKey(keysOf(closed), { scopes: ['cars:write'] });
  keys.revoked = await giveKey(keysOf(closed));
  keys.publicWriter = await giveKey(keysOf(readable));
  const car = { brand: 'Fiat', model: 'Panda', year: 1980 };
  for (const [app, key] of [
    [closed(), keys.ann],
    [readable(), keys.publicWriter],
  ] as const)
    expect((await app.post('/cars', car, { 'x-api-key': key })).status).toBe(201);
});

it('asks for a key, keeps it for the tab only, and never puts it into a URL', async () => {
  const key = keys.ann;
  const { page, requests, expectClean } = await open(closed(), { expected: [401] });
  const field = page.getByLabel('API key or access token');
  await field.fill('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('The service did not accept this key.').waitFor();
  await field.fill(key);
  await page.keyboard.press('Enter');
  await rowOf(page, 'Fiat Panda 1980').waitFor();
  await page.reload();
  await rowOf(page, 'Fiat Panda 1980').waitFor();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByText('Signed in as ann').waitFor();
  expect(requests.filter((url) => url.includes(key))).toEqual([]);
  expect(page.url()).not.toContain(key);
  expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toContain(key);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByLabel('API key or access token').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key or access token').waitFor();
  await expectClean();
});

it('offers nothing that the key does not allow', async () => {
  const { page, requests, expectClean } = await open(closed(), { expected: [401] });
  await page.getByLabel('API key or access token').fill(keys.reader);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'History of Fiat Panda 1980' }).waitFor();
  for (const name of ['Add car', 'Import', 'Edit Fiat Panda 1980', 'Delete Fiat Panda 1980'])
    expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0]);
  await page.getByRole('gridcell', { name: 'Panda', exact: true }).dblclick();
  for (const key of ['F2', 'Delete', 'n']) await page.keyboard.press(key);
  // An edit and a deletion read the car at once, so their requests would come before the one for the history.
  await page.keyboard.press('h');
  await page.getByRole('dialog', { name: 'History' }).getByRole('listitem').waitFor();
  expect(requests.filter((url) => /\/cars\/\d+$/.test(url))).toEqual([]);
  expect(await page.locator('#car-field-brand').count()).toBe(0);
  await expectClean();
});

it('lets a visitor whose key may not read cars sign in with another one', async () => {
  const { page, expectClean } = await open(closed(), { expected: [401] });
  await page.getByLabel('API key or access token').fill(keys.writer);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'This key may not read cars' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key or access token').waitFor();
  await expectClean();
});

it('lets everybody look if reads are public, without histories, and offers to sign in', async () => {
  const { page, expectClean } = await open(readable());
  await page.getByRole('gridcell', { name: 'Panda', exact: true }).waitFor();
  for (const name of ['Add car', 'Import', 'History of Fiat Panda 1980'])
    expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0]);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('API key or access token').fill(keys.publicWriter);
  await page.keyboard.press('Enter');
  await rowOf(page, 'Fiat Panda 1980').waitFor();
  await expectClean();
});

it('returns to the sign-in when a key is revoked', async () => {
  const { page, expectClean } = await open(closed(), { expected: [401] });
  await page.getByLabel('API key or access token').fill(keys.revoked);
  await page.keyboard.press('Enter');
  await page.getByRole('grid').waitFor();
  // The service would notice the revocation only after some seconds.
  await page.route('**/cars?*', (route) =>
    route.fulfill({
      status: 401,
      contentType: 'application/problem+json',
      json: {
        type: '/docs/problems/unauthenticated',
        title: 'x',
        status: 401,
        detail: 'The API key was revoked.',
      },
    }),
  );
  await page.getByRole('button', { name: 'Brand', exact: true }).click();
  await page.getByText('Your key is no longer accepted.').waitFor();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  await expectClean();
});

it('sends a waiting deletion with the key of the visitor who signs out, and ends what they were editing', async () => {
  const car = { brand: 'Fiat', model: 'Signed out', year: 1980 };
  const created = await closed().post('/cars', car, { 'x-api-key': keys.ann });
  const path = String(created.headers.get('location'));
  const { page, expectClean } = await open(closed(), { hash: '#model=Signed+out', expected: [401] });
  const field = page.getByLabel('API key or access token');
  await field.fill(keys.ann);
  await page.keyboard.press('Enter');
  const deletion = page.waitForRequest((request) => request.method() === 'DELETE');
  await page.getByRole('button', { name: 'Delete Fiat Signed out 1980' }).click();
  await page.getByText('Deleted Fiat Signed out 1980.').waitFor();
  await page.keyboard.press('n');
  await page.getByRole('form', { name: 'Add a car' }).getByLabel('Brand').fill('Mine');
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  expect((await (await deletion).response())?.status()).toBe(204);
  expect((await closed().get(path, { 'x-api-key': keys.ann })).status).toBe(404);
  // The next visitor may only read.
  await field.fill(keys.reader);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No car matches' }).waitFor();
  expect(await page.getByRole('form', { name: 'Add a car' }).count()).toBe(0);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await field.fill(keys.ann);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add car' }).waitFor();
  expect(await page.getByRole('form', { name: 'Add a car' }).count()).toBe(0);
  await expectClean();
});

it('shows in the form why signing in failed, and lets the visitor return to the list', async () => {
  const { page, expectClean } = await open(readable(), { expected: [401, 429, 503] });
  await page.getByRole('gridcell', { name: 'Panda', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Sign in' }).click();
  const field = page.getByLabel('API key or access token');
  const fault = page.locator('.sign-in').getByRole('alert');
  let status = 503;
  await page.route('**/me', (route) =>
    route.fulfill({ status, headers: { 'retry-after': '5' }, body: 'a proxy' }),
  );
  await field.fill(keys.publicWriter);
  await page.keyboard.press('Enter');
  await fault.getByText('503').waitFor();
  status = 429;
  await page.keyboard.press('Enter');
  await fault.getByText('429').waitFor();
  await page.unrouteAll();
  await field.fill('“pasted”');
  await page.keyboard.press('Enter');
  await fault.getByText('This is not a key.').waitFor();
  await field.fill('wrong');
  await page.keyboard.press('Enter');
  await fault.getByText('The service did not accept this key.').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('gridcell', { name: 'Panda', exact: true }).waitFor();
  // Nothing of the failed attempts stays.
  await page.getByRole('button', { name: 'Brand', exact: true }).click();
  await page.locator('[aria-sort=ascending]').waitFor();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await field.waitFor();
  expect(await fault.count()).toBe(0);
  await field.fill(keys.publicWriter);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add car' }).waitFor();
  await page.locator('#list .rows :focus').waitFor();
  await expectClean();
});

it('works in a browser that blocks site data', async () => {
  const { page, expectClean } = await open(closed(), { expected: [401] });
  await page.addInitScript(
    `for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });`,
  );
  await page.reload();
  await page.getByLabel('API key or access token').fill(keys.ann);
  await page.keyboard.press('Enter');
  await page.getByRole('gridcell', { name: 'Panda', exact: true }).waitFor();
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByText('Español').click();
  await page.getByRole('button', { name: 'Cerrar sesión' }).click();
  await page.getByLabel('Clave de API o token de acceso').waitFor();
  await expectClean();
});
