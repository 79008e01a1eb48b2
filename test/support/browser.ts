/** Opens pages in Chromium, and records what a page must never do: ask another host, break its policy, write an error to the console. */

import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
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
  /** What each open page asked for, what it got, and what it shows. */
  const opened = new Set<() => Promise<string>>();
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const describe of opened) process.stderr.write(`${await describe()}\n`);
  });

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
    const answers = new Map<Request, string>();
    page.on('request', (request) => answers.set(request, 'no answer'));
    page.on('response', (response) => answers.set(response.request(), String(response.status())));
    page.on('requestfailed', (request) => answers.set(request, request.failure()?.errorText ?? 'failed'));
    const describe = async () => {
      const asked = [...answers].map(
        ([request, answer]) => `${request.method()} ${request.url()}: ${answer}`,
      );
      const shown = await page
        .locator('body')
        .innerText({ timeout: 1000 })
        .catch((error: unknown) => `The page does not say what it shows: ${String(error)}`);
      return [page.url(), ...asked, ...complaints, shown].join('\n');
    };
    opened.add(describe);
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
        opened.delete(describe);
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
