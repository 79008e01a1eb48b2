/** What axe finds on the page, in each of its states, in light and dark, wide and narrow. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useApp } from '../http/start-app.ts';
import { usePages } from './page-browser.ts';

const app = useApp();
const closed = useApp(undefined, { AUTH: 'api-key' });
const open = usePages();

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

beforeAll(async () => {
  for (const [brand, model, year] of [
    ['Fiat', '500', 1957],
    ['VW', 'Golf', 2018],
    ['Audi', 'A4', 2018],
  ])
    await app().post('/cars', { brand, model, year });
});

async function findFaults(page: Page): Promise<string[]> {
  // An expression, so that the page's policy has no say in it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes
        .map(({ html }) => html)
        .join(' ')
        .slice(0, 300)}`,
  );
}

const CSV = 'brand,model,year\nFiat,Panda,1980\nFiat,Panda,x\n';

/** How to reach each state from the list. */
const STATES: Record<string, (page: Page) => Promise<void>> = {
  list: async () => {},
  filter: async (page) => {
    await page.getByRole('button', { name: 'Filter by Year' }).click();
    await page.getByRole('checkbox', { name: /^2018/ }).check();
  },
  adding: async (page) => {
    await page.keyboard.press('n');
    await page.locator('#car-field-brand:focus').press('Enter');
    await page.getByText('Required').first().waitFor();
  },
  editing: async (page) => {
    await page.getByRole('gridcell', { name: 'Golf', exact: true }).press('Enter');
    await page.getByRole('textbox', { name: 'Year' }).fill('1');
    await page.keyboard.press('Enter');
    await page.getByText('A year from').waitFor();
  },
  deleted: async (page) => {
    // Its deletion is sent when the page is closed, so it is a car of its own.
    await app().post('/cars', { brand: 'Seat', model: 'Ibiza', year: 2018 });
    await page.reload();
    await page.getByRole('gridcell', { name: 'Ibiza', exact: true }).press('Delete');
    await page.locator('.notice').waitFor();
  },
  history: async (page) => {
    await page.getByRole('gridcell', { name: 'Golf', exact: true }).press('h');
    await page.getByRole('listitem').first().waitFor();
  },
  conflict: async (page) => {
    await page.getByRole('gridcell', { name: 'A4', exact: true }).press('Enter');
    await page.getByRole('textbox', { name: 'Model' }).fill('A6');
    const { id, year } = JSON.parse((await app().get('/cars?brand=Audi')).body)[0];
    expect((await app().patch(`/cars/${id}`, { year: year + 1 })).status).toBe(200);
    await page.keyboard.press('Enter');
    await page.getByRole('radio').first().waitFor();
  },
  importing: async (page) => {
    await openCommand(page, 'Import');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) });
    await page.getByLabel('Column for Brand').waitFor();
    expect(await findFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByRole('heading', { name: 'Import finished' }).waitFor();
  },
  export: async (page) => {
    await openCommand(page, 'Export');
    await page.getByRole('button', { name: 'Download' }).waitFor();
  },
  charts: async (page) => {
    await page.getByRole('button', { name: 'Charts' }).click();
    await page.locator('summary').first().click();
  },
  keys: async (page) => {
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  },
  menu: async (page) => {
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByText('Español').waitFor();
  },
};

/** On a phone, the commands are in the menu. */
async function openCommand(page: Page, name: string): Promise<void> {
  const button = page.locator('.commands > .task').filter({ hasText: name });
  if (!(await button.isVisible())) await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('button', { name }).filter({ visible: true }).click();
}

describe.each([
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const)('axe finds nothing ($colorScheme, $viewport.width pixels)', (options) => {
  it.each(Object.entries(STATES))('%s', async (_, reach) => {
    const { page, expectClean } = await open(app(), { ...options, expected: [412], reducedMotion: 'reduce' });
    await page.getByRole('gridcell', { name: 'Golf', exact: true }).waitFor();
    await reach(page);
    expect(await findFaults(page)).toEqual([]);
    await expectClean();
  });

  it('signed out', async () => {
    const { page, expectClean } = await open(closed(), { ...options, expected: [401] });
    await page.getByLabel('API key or access token').waitFor();
    expect(await findFaults(page)).toEqual([]);
    await expectClean();
  });

  it('in Spanish', async () => {
    const { page, expectClean } = await open(app(), { ...options, locale: 'es-ES' });
    await page.getByRole('searchbox', { name: 'Buscar marcas y modelos' }).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('es');
    expect(await findFaults(page)).toEqual([]);
    await expectClean();
  });
});
