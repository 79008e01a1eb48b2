/** The pages under /docs in a real browser: what they show, what they load, and that their policy lets them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, type OpenPage, startBrowser } from './chromium.ts';
import { useApp } from './start-app.ts';

const app = useApp();
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

function expectSelfContained({ requests, complaints }: OpenPage): void {
  expect(requests.length).toBeGreaterThan(0);
  const offHost = requests.filter((url) => !url.startsWith(`${app().origin}/`) && !url.startsWith('data:'));
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
    expect(await page.evaluate('document.body.innerText')).toMatch(/Cause.+Cure/s);
    expectSelfContained(page);
  });
});
