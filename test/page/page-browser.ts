/** Opens the page under `/`, and reads its list. */

import type { Page } from 'playwright-core';
import type { RunningApp } from '../http/start-app.ts';
import { type OpenOptions, type OpenPage, useBrowser } from '../support/browser.ts';

interface PageOptions extends OpenOptions {
  /** The fragment of the URL. */
  readonly hash?: string;
}

/** Starts Chromium for the tests of a file. */
export function usePages(): (app: RunningApp, options?: PageOptions) => Promise<OpenPage> {
  const open = useBrowser();
  return ({ origin }, { hash = '', ...options } = {}) => open(`${origin}/${hash}`, options);
}

/** The cells of the list as they are drawn, row by row: brand, model and year. */
export async function readRows(page: Page): Promise<string[][]> {
  const rows = await page.locator('#list .rows > .row').all();
  return Promise.all(
    rows.map(async (row) => {
      const texts = await row.locator('.cell.brand, .cell.model, .cell.year').allTextContents();
      return texts.map((text) => text.trim());
    }),
  );
}

/** Waits until the list has this many cars. */
export async function waitForCount(page: Page, text: string): Promise<void> {
  await page.locator('.list-size').filter({ hasText: text }).waitFor();
}

/** A row by its car. */
export function rowOf(page: Page, name: string) {
  return page
    .locator('#list .rows > .row')
    .filter({ has: page.getByRole('button', { name: `Edit ${name}` }) });
}
