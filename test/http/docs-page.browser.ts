/** The pages under /docs in a real browser: what they show, what they load, and that their policy lets them. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { giveKey } from '../support/give-key.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const closedApp = useApp(undefined, { AUTH: 'api-key' });
const open = useBrowser();

/** The part of the page about `GET /cars`, after it was called. */
async function listCars(page: Page) {
  const call = page.locator('#operations-Cars-listCars');
  for (const button of ['.opblock-summary-control', '.try-out__btn', '.execute'])
    await call.locator(button).click();
  const response = call.locator('.live-responses-table');
  await response.locator('tbody td.response-col_status', { hasText: /\d/ }).waitFor();
  return response;
}

describe('the page /docs in a browser', () => {
  it('shows every call, asks no other host, and breaks none of its own policy', async () => {
    const { page, requests, expectClean } = await open(`${app().origin}/docs`);
    await page.locator('.opblock').first().waitFor();
    const { paths } = JSON.parse((await app().get('/openapi.json')).body);
    const calls = Object.values<object>(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0);
    expect(await page.locator('.opblock').count()).toBe(calls);
    expect(await page.locator('.info .title').innerText()).toContain('Cars API');
    expect(requests).toContain(`${app().origin}/openapi.json`);
    await expectClean();
  });

  it('lets its reader try a call', async () => {
    await app().post('/cars', { brand: 'Volkswagen', model: 'Golf', year: 2018 });
    const { page, expectClean } = await open(`${app().origin}/docs`);
    const response = await listCars(page);
    expect(await response.innerText()).toMatch(/200.*Volkswagen/s);
    await expectClean();
  });

  // Proves: text-as-code
  it('shows the texts of cars as texts', async () => {
    const texts = [
      '<img src=x onerror="window.attacked=true">',
      '</code><script>window.attacked=true</script>',
    ];
    for (const text of texts)
      expect((await app().post('/cars', { brand: text, model: '\u202e<b>', year: 2018 })).status).toBe(201);
    const { page, expectClean } = await open(`${app().origin}/docs`);
    const response = await listCars(page);
    expect(await response.textContent()).toContain('<img src=x onerror=');
    expect(await response.locator(':is(img, script, b)').count()).toBe(0);
    expect(await page.evaluate('window.attacked === undefined')).toBe(true);
    await expectClean();
  });

  it('lets its reader authorise with a key, and sends that key', async () => {
    const key = await giveKey(closedApp().app.database.keys, { scopes: ['cars:read'] });
    const { page, expectClean } = await open(`${closedApp().origin}/docs`);
    await page.locator('.auth-wrapper .authorize').click();
    await page.locator('.auth-container input').first().fill(key);
    await page.locator('.auth-container .auth-btn-wrapper .authorize').first().click();
    await page.locator('.auth-container .btn-done').first().click();
    expect(await (await listCars(page)).innerText()).toContain('200');
    await expectClean();
  });

  it('is drawn with its style', async () => {
    const { page } = await open(`${app().origin}/docs`);
    await page.locator('.opblock-get').first().waitFor();
    const colour = 'getComputedStyle(document.querySelector(".opblock-get")).backgroundColor';
    expect(await page.evaluate(colour)).not.toBe('rgba(0, 0, 0, 0)');
  });
});

describe('the page of a type of problem in a browser', () => {
  it('shows cause and cure, asks no other host, and breaks none of its own policy', async () => {
    const { page, expectClean } = await open(`${app().origin}/docs/problems/invalid-car`);
    expect(await page.locator('body').innerText()).toMatch(/Cause.+How to fix it/s);
    await expectClean();
  });
});
