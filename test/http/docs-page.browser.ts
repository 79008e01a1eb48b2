/** The pages under /docs in a real browser: what they show, what they load, and that their policy lets them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giveKey } from '../support/give-key.ts';
import { type Browser, type OpenPage, startBrowser } from './chromium.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const closedApp = useApp(undefined, { AUTH: 'api-key' });
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

function expectSelfContained({ requests, complaints }: OpenPage, { origin } = app()): void {
  expect(requests.length).toBeGreaterThan(0);
  const offHost = requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'));
  expect(offHost).toEqual([]);
  expect(complaints).toEqual([]);
}

const count = (selector: string) => `document.querySelectorAll(${JSON.stringify(selector)}).length`;

describe('the page /docs in a browser', () => {
  it('shows every call, asks no other host, and breaks none of its own policy', async () => {
    const page = await browser.open(`${app().origin}/docs`);
    await page.waitFor(`${count('.opblock')} > 0`);
    const { paths } = JSON.parse((await app().get('/openapi.json')).body);
    const calls = Object.values<object>(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0);
    expect(await page.evaluate(count('.opblock'))).toBe(calls);
    expect(await page.evaluate('document.querySelector(".info .title").innerText')).toContain('Cars API');
    expectSelfContained(page);
  });

  it('lets its reader try a call', async () => {
    await app().post('/cars', { brand: 'Volkswagen', model: 'Golf', year: 2018 });
    const page = await browser.open(`${app().origin}/docs`);
    for (const step of ['.opblock-summary-control', '.try-out__btn', '.execute']) {
      const button = `document.querySelector('[id="operations-Cars-listCars"] ${step}')`;
      await page.waitFor(`${button} !== null`);
      await page.evaluate(`${button}.click()`);
    }
    const shown = `(document.querySelector('.live-responses-table')?.innerText ?? '')`;
    await page.waitFor(`${shown}.includes('Volkswagen')`);
    expect(await page.evaluate(shown)).toContain('200');
    expectSelfContained(page);
  });

  // Proves: text-as-code
  it('shows the texts of cars as texts', async () => {
    const texts = [
      '<img src=x onerror="window.attacked=true">',
      '</code><script>window.attacked=true</script>',
    ];
    for (const text of texts)
      expect((await app().post('/cars', { brand: text, model: '\u202e<b>', year: 2018 })).status).toBe(201);
    const page = await browser.open(`${app().origin}/docs`);
    for (const step of ['.opblock-summary-control', '.try-out__btn', '.execute']) {
      const button = `document.querySelector('[id="operations-Cars-listCars"] ${step}')`;
      await page.waitFor(`${button} !== null`);
      await page.evaluate(`${button}.click()`);
    }
    const table = '.live-responses-table';
    const shown = `(document.querySelector('${table}')?.textContent ?? '')`;
    await page.waitFor(`${shown}.includes('onerror')`);
    expect(await page.evaluate(shown)).toContain('<img src=x onerror=');
    expect(await page.evaluate(count(`${table} :is(img, script, b)`))).toBe(0);
    expect(await page.evaluate('window.attacked === undefined')).toBe(true);
    expectSelfContained(page);
  });

  it('lets its reader authorise with a key, and sends that key', async () => {
    const key = await giveKey(closedApp().app.database.keys, { scopes: ['cars:read'] });
    const page = await browser.open(`${closedApp().origin}/docs`);
    const click = async (selector: string) => {
      const button = `document.querySelector(${JSON.stringify(selector)})`;
      await page.waitFor(`${button} !== null`);
      await page.evaluate(`${button}.click()`);
    };
    await click('.auth-wrapper .authorize');
    await page.waitFor(`${count('.auth-container input')} > 0`);
    // The page keeps the value itself, so it has to hear of the change as if a person had typed.
    await page.evaluate(`{
      const input = document.querySelector('.auth-container input');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, ${JSON.stringify(key)});
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }`);
    await click('.auth-container .auth-btn-wrapper .authorize');
    await click('.auth-container .btn-done');
    for (const step of ['.opblock-summary-control', '.try-out__btn', '.execute']) {
      await click(`[id="operations-Cars-listCars"] ${step}`);
    }
    const shown = `(document.querySelector('.live-responses-table tbody td.response-col_status')?.innerText ?? '')`;
    await page.waitFor(`${shown} !== ''`);
    expect(await page.evaluate(shown)).toContain('200');
    expectSelfContained(page, closedApp());
  });

  it('is drawn with its style', async () => {
    const page = await browser.open(`${app().origin}/docs`);
    await page.waitFor(`${count('.opblock-get')} > 0`);
    const colour = 'getComputedStyle(document.querySelector(".opblock-get")).backgroundColor';
    expect(await page.evaluate(colour)).not.toBe('rgba(0, 0, 0, 0)');
  });
});

describe('the page of a type of problem in a browser', () => {
  it('shows cause and cure, asks no other host, and breaks none of its own policy', async () => {
    const page = await browser.open(`${app().origin}/docs/problems/invalid-car`);
    await page.waitFor('document.readyState === "complete"');
    expect(await page.evaluate('document.body.innerText')).toMatch(/Cause.+How to fix it/s);
    expectSelfContained(page);
  });
});
