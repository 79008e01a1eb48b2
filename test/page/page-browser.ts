/** Opens the page in Chromium, and records what it must never do: ask another host, break its policy, write an error to the console. */

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { findBrowser } from '../http/chromium.ts';
import type { RunningApp } from '../http/start-app.ts';

/** Longer than any wait of the page: a busy machine must not fail a test. */
const TIMEOUT = 20_000;

/** In the page: what its policy forbids goes to the console. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

export interface OpenOptions extends BrowserContextOptions {
  /** The fragment of the URL. */
  readonly hash?: string;
  /** Statuses of responses that the test provokes. Chromium logs each as an error. */
  readonly expected?: readonly number[];
}

export interface OpenPage {
  readonly page: Page;
  /** The URLs that were asked for. */
  readonly requests: readonly string[];
  /** Fails if the page did anything that it must not. Closes it. */
  expectClean(): Promise<void>;
}

/** Starts Chromium for the tests of a file. */
export function usePages(): (app: RunningApp, options?: OpenOptions) => Promise<OpenPage> {
  let browser: Browser;
  beforeAll(async () => {
    // No sandbox, because in a container Chromium cannot make one; it opens nothing but our own pages.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    browser = await chromium.launch({ executablePath: findBrowser(), args });
  });
  afterAll(() => browser?.close());

  return async ({ origin }, { hash = '', expected = [], ...options } = {}) => {
    const context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(TIMEOUT);
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', ({ stack, message }) => complaints.push(stack ?? message));
    page.on('console', (message) => {
      const isExpected = expected.some((status) => message.text().includes(`status of ${status}`));
      if (['error', 'warning'].includes(message.type()) && !isExpected) complaints.push(message.text());
    });
    await page.addInitScript({ content: REPORT_VIOLATIONS });
    await page.goto(`${origin}/${hash}`);
    return {
      page,
      requests,
      async expectClean() {
        expect(complaints).toEqual([]);
        const elsewhere = requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('blob:'));
        expect(elsewhere).toEqual([]);
        await context.close();
      },
    };
  };
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
