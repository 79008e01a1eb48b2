/** The page on a phone. */

import type { Locator } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const open = usePages();

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const LONG = 'A name that no column of a phone has room for';

beforeAll(async () => {
  const cars = Array.from({ length: 90 }, (_, index) => ({ brand: 'Fiat', model: LONG, year: 1950 + index }));
  expect((await app().post('/cars/batch', cars)).status).toBe(200);
});

async function expectInside(panel: Locator): Promise<void> {
  const { width, height } = PHONE.viewport;
  await expect
    .poll(async () => {
      const box = await panel.boundingBox();
      return box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    })
    .toBe(true);
}

it('keeps the panel of each column and the menu of the lowest row inside the window', async () => {
  const { page, expectClean } = await open(app(), PHONE);
  await waitForCount(page, '90 cars');
  const panel = page.locator('.panel:popover-open');
  for (const column of ['Brand', 'Model', 'Year']) {
    await page.getByRole('button', { name: `Filter by ${column}` }).click();
    await panel.getByRole('checkbox').first().waitFor();
    await expectInside(panel);
    await page.keyboard.press('Escape');
  }
  // The last one that is drawn is out of sight, so Playwright scrolls it to the lower edge.
  await page.getByRole('button', { name: 'Actions for' }).nth(16).click();
  await expectInside(panel);
  await panel.getByRole('button', { name: 'History' }).click();
  await page.getByRole('dialog', { name: 'History' }).getByRole('listitem').waitFor();
  await expectClean();
});

it('knows the height of rows that it has not drawn yet', async () => {
  const { page, expectClean } = await open(app(), PHONE);
  await waitForCount(page, '90 cars');
  const heightOf = 'document.querySelector("#list").scrollHeight';
  const before = await page.evaluate(heightOf);
  await page.evaluate('document.querySelector("#list").scrollTo(0, 1e9)');
  await page.getByRole('button', { name: `Actions for Fiat ${LONG} 2039` }).waitFor();
  expect(await page.evaluate(heightOf)).toBe(before);
  await expectClean();
});

it('shows the whole text of the cell that is tapped', async () => {
  const { page, expectClean } = await open(app(), PHONE);
  const text = page.getByRole('gridcell', { name: LONG }).first().locator('.text');
  const isCut = () => text.evaluate((element) => element.scrollWidth > element.clientWidth);
  await text.waitFor();
  expect(await isCut()).toBe(true);
  await text.tap();
  await expect.poll(isCut).toBe(false);
  await expectClean();
});

it('has room for the reason of each rejected row', async () => {
  const { page, expectClean } = await open(app(), PHONE);
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('button', { name: 'Import' }).filter({ visible: true }).click();
  const buffer = Buffer.from(`brand,model,year\n${'W'.repeat(100)},${'W'.repeat(100)},x\n`);
  await page.locator('input[type=file]').setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'Import 1 row', exact: true }).click();
  const reason = page.getByRole('columnheader', { name: 'Reason' });
  await reason.waitFor();
  expect((await reason.boundingBox())?.width).toBeGreaterThan(90);
  await expectClean();
});

it('acts on the row of the menu button that has the focus, and moves only to cells that are shown', async () => {
  const { page, expectClean } = await open(app(), PHONE);
  await waitForCount(page, '90 cars');
  const menu = page.getByRole('button', { name: `Actions for Fiat ${LONG} 1952` });
  const brand = page.locator('[data-cell="2:1"]:focus');
  await menu.focus();
  expect(await page.locator('#list [tabindex="0"]:visible').count()).toBe(1);
  await page.keyboard.press('Home');
  await brand.waitFor();
  await page.keyboard.press('ArrowLeft');
  await brand.waitFor();
  await page.keyboard.press('End');
  await page.locator('[data-cell="2:4"]:focus').waitFor();
  await page.keyboard.press('h');
  await page.getByRole('dialog', { name: 'History' }).getByText(`Fiat ${LONG} 1952`).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('[data-cell="2:4"]:focus').waitFor();
  await page.keyboard.press('Delete');
  await page.getByText(`Deleted Fiat ${LONG} 1952.`).waitFor();
  await page.keyboard.press('Control+z');
  await page.getByText(`Fiat ${LONG} 1952 was not deleted.`).waitFor();
  await expectClean();
});

it('keeps one cell that Tab reaches when the window becomes narrow', async () => {
  const { page, expectClean } = await open(app());
  await waitForCount(page, '90 cars');
  await page.locator('[data-cell="1:0"]').focus();
  await page.setViewportSize(PHONE.viewport);
  await expect.poll(() => page.locator('#list [tabindex="0"]:visible').count()).toBe(1);
  await expectClean();
});
