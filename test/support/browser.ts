/** Opens pages in Chromium, and records what a page must never do: ask another host, break its policy, write an error to the console. */

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { findProgram, isExecutable } from '../../tools/find-program.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

const WHAT_TO_DO = `This test needs Chromium or Chrome and found none. Either of these will do:
  - install it: apt-get install chromium, brew install --cask google-chrome
  - set CHROME_PATH to its program`;

/** Longer than any wait of a page: a busy machine must not fail a test. */
const TIMEOUT = 20_000;

/** In the page: what its Content-Security-Policy forbids goes to the console, whatever the browser's own words. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

export interface OpenOptions extends BrowserContextOptions {
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
export function useBrowser(): (url: string, options?: OpenOptions) => Promise<OpenPage> {
  let browser: Browser;
  beforeAll(async () => {
    // No sandbox, because in a container Chromium cannot make one; it opens nothing but our own pages.
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    browser = await chromium.launch({ executablePath: findBrowser(), args });
  });
  afterAll(() => browser?.close());

  return async (url, { expected = [], ...options } = {}) => {
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
    await page.goto(url);
    const { origin } = new URL(url);
    return {
      page,
      requests,
      async expectClean() {
        expect(complaints).toEqual([]);
        const local = [`${origin}/`, 'blob:', 'data:'];
        expect(requests.filter((asked) => !local.some((prefix) => asked.startsWith(prefix)))).toEqual([]);
        await context.close();
      },
    };
  };
}

function findBrowser(): string {
  const given = process.env['CHROME_PATH'];
  const candidate = given || findProgram(NAMES) || MAC;
  if (!isExecutable(candidate)) throw new Error(WHAT_TO_DO);
  return candidate;
}
