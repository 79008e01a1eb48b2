/** Low windows: a phone that lies on its side, and a page that is enlarged to 400 %. */

import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const closed = useApp(undefined, { AUTH: 'api-key' });
const open = usePages();

const LYING = { viewport: { width: 740, height: 360 } };
/** 1280 × 800 at 400 %. */
const ENLARGED = { viewport: { width: 320, height: 200 } };

beforeAll(async () => {
  const cars = Array.from({ length: 50 }, (_, index) => ({
    brand: 'Fiat',
    model: 'Panda',
    year: 1980 + index,
  }));
  expect((await app().post('/cars/batch', cars)).status).toBe(200);
});

/** The visitor can scroll to the whole element with the wheel. */
async function expectReachable(page: Page, element: Locator, direction: 'up' | 'down'): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  // At the edge, where no list is that would scroll instead.
  await page.mouse.move(width - 4, height / 2);
  await page.mouse.wheel(0, direction === 'up' ? -2000 : 2000);
  await expect
    .poll(
      async () => {
        const box = await element.boundingBox();
        return box && box.y >= 0 && box.y + box.height <= height;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
}

it.each([LYING, ENLARGED])(
  'shows the whole sign-in ($viewport.width × $viewport.height)',
  async (options) => {
    const { page, expectClean } = await open(closed(), { ...options, expected: [401] });
    await page.getByLabel('API key or access token').waitFor();
    await expectReachable(page, page.getByRole('button', { name: 'Sign in' }), 'down');
    await expectReachable(page, page.getByRole('heading', { name: 'Cars', exact: true }), 'up');
    await expectClean();
  },
);

it.each([LYING, ENLARGED])(
  'shows the form that adds cars, and the list ($viewport.width × $viewport.height)',
  async (options) => {
    const { page, expectClean } = await open(app(), options);
    await waitForCount(page, '50 cars');
    await page.getByRole('button', { name: 'Add car' }).first().click();
    await page.getByRole('form', { name: 'Add a car' }).waitFor();
    const grid = page.getByRole('grid');
    await expectReachable(page, grid, 'down');
    expect((await grid.boundingBox())?.height).toBeGreaterThan(150);
    await expectReachable(page, page.getByRole('heading', { name: 'Cars', exact: true }), 'up');
    await expectClean();
  },
);
