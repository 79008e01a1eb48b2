/** Somebody who sees the page for the first time, with a file of cars. */

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { makeEpaLikeFile } from './epa-like-file.ts';
import { readRows, rowOf, usePages, waitForCount } from './page-browser.ts';

const app = useApp();
const open = usePages();

it('a new user imports a file, finds a car, looks at charts, corrects it, undoes a deletion, and exports', async () => {
  const { csv, rows } = makeEpaLikeFile();
  const total = rows.toLocaleString('en-GB');
  const { page, expectClean } = await open(app());
  await page.getByText('No cars yet').waitFor();

  await dropFile(page, 'cars.csv', csv);
  await page.getByRole('button', { name: `Import ${total} rows` }).click();
  await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  expect(await page.locator('.figures').innerText()).toMatch(
    new RegExp(`${total}\\s*created\\s*0\\s*rejected`),
  );
  await page.getByRole('dialog').getByText('Close', { exact: true }).click();
  await waitForCount(page, `${total} cars`);

  await page.getByRole('searchbox').pressSequentially('pri');
  await page.getByRole('button', { name: 'Filter by Year' }).click();
  await page.getByRole('checkbox', { name: /^2013/ }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Filter by Brand' }).click();
  await page.getByRole('checkbox', { name: /^Toyota/ }).check();
  await page.keyboard.press('Escape');
  await waitForCount(page, '1 car found');
  expect(await readRows(page)).toEqual([['Toyota', 'Prius', '2013']]);
  expect(new URL(page.url()).hash).toBe('#q=pri&brand=Toyota&year=2013');

  await page.getByRole('button', { name: 'Charts' }).click();
  await page.getByRole('img', { name: 'Cars per brand' }).waitFor();
  await page.getByText('Show as a table').first().click();
  expect(await page.locator('.chart-table').first().innerText()).toMatch(/Brand\s+Cars\s+Toyota\s+1/);
  await page.getByRole('button', { name: 'List', exact: true }).click();

  await rowOf(page, 'Toyota Prius 2013').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Model' }).fill('Prius v');
  await page.keyboard.press('Enter');
  await page.getByText('Saved Toyota Prius v 2013.').waitFor();

  await page.getByRole('button', { name: 'History of Toyota Prius v 2013' }).click();
  const timeline = page.getByRole('dialog', { name: 'History' }).getByRole('listitem');
  await timeline.first().waitFor();
  const changes = (await timeline.allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
  expect(changes).toEqual([
    expect.stringMatching(/^Changed .*Version 2 Model was Prius now Prius v$/),
    expect.stringMatching(/^Created .*Version 1 Brand Toyota Model Prius Year 2013$/),
  ]);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Delete Toyota Prius v 2013' }).click();
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.getByText('Toyota Prius v 2013 was not deleted.').waitFor();

  await page.getByRole('button', { name: 'Export' }).click();
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const download = await downloaded;
  expect(download.suggestedFilename()).toBe('cars.csv');
  expect(await readFile(await download.path(), 'utf8')).toBe(
    `id,brand,model,year\r\n${rows},Toyota,Prius v,2013\r\n`,
  );
  await expectClean();
});

/** Drops a file on the page, as a person does. */
async function dropFile(page: Page, name: string, text: string): Promise<void> {
  const file = `new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'text/csv' })`;
  const dataTransfer = await page.evaluateHandle(
    `{ const transfer = new DataTransfer(); transfer.items.add(${file}); transfer; }`,
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer });
  await page.getByText('Drop the file to import it').waitFor();
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}
