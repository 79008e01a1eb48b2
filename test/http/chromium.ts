/** A headless Chromium, driven by its own protocol: https://chromedevtools.github.io/devtools-protocol/. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

const WHAT_TO_DO = `This test needs Chromium or Chrome and found none. Either of these will do:
  - install it: apt-get install chromium, brew install --cask google-chrome
  - set CHROME_PATH to its program`;

/** What a page did while it was open. */
export interface OpenPage {
  /** The URLs that it asked for. */
  readonly requests: readonly string[];
  /** Everything the browser complained of: its console's warnings and errors, and breaches of the page's policy. */
  readonly complaints: readonly string[];
  /** Runs an expression in the page; gives its value, which must be JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Runs the expression again and again until it is true. Throws after 20 s. */
  waitFor(expression: string): Promise<void>;
}

export interface Browser {
  open(url: string): Promise<OpenPage>;
  close(): Promise<void>;
}

export function findBrowser(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), MAC];
  const given = process.env['CHROME_PATH'];
  const found = (given ? [given] : candidates).find(isExecutable);
  if (found === undefined) throw new Error(WHAT_TO_DO);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function startBrowser(): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-browser-'));
  // No sandbox, because in a container Chromium cannot make one; it opens nothing but our own pages.
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-dev-shm-usage',
  ];
  const options = [...flags, '--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'];
  // Chromium leaves files of its own in TMPDIR when it is killed.
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(findBrowser(), options, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stderr)) {
    const endpoint = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (endpoint === undefined) continue;
    child.stderr.resume();
    return {
      open: (url) => openPage(endpoint, url),
      async close() {
        child.kill('SIGKILL');
        await ended;
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  }
  throw new Error('the browser ended before it could be spoken to');
}

interface ProtocolMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** In the page: what its Content-Security-Policy forbade goes to the console, whatever the browser's own words. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

async function openPage(endpoint: string, url: string): Promise<OpenPage> {
  const { host } = new URL(endpoint);
  const target = await fetch(`http://${host}/json/new?about:blank`, { method: 'PUT' });
  const { webSocketDebuggerUrl } = (await target.json()) as { webSocketDebuggerUrl: string };
  const socket = new WebSocket(webSocketDebuggerUrl);
  await once(socket, 'open');

  const requests: string[] = [];
  const complaints: string[] = [];
  const waiting = new Map<number, (message: ProtocolMessage) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message: ProtocolMessage = JSON.parse(String(data));
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    else note(message);
  });

  function note({ method, params = {} }: ProtocolMessage): void {
    const { request, entry, type } = params as {
      request?: { url: string };
      entry?: { level: string };
      type?: string;
    };
    if (method === 'Network.requestWillBeSent' && request !== undefined) requests.push(request.url);
    const isComplaint =
      (method === 'Log.entryAdded' && entry?.level !== 'info' && entry?.level !== 'verbose') ||
      (method === 'Runtime.consoleAPICalled' && (type === 'error' || type === 'warning')) ||
      method === 'Runtime.exceptionThrown';
    if (isComplaint) complaints.push(JSON.stringify(params));
  }

  let calls = 0;
  async function send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    calls += 1;
    const id = calls;
    const answered = new Promise<ProtocolMessage>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result = {}, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async function evaluate(expression: string): Promise<unknown> {
    const { result } = await send('Runtime.evaluate', { expression, returnByValue: true });
    return (result as { value?: unknown }).value;
  }

  for (const domain of ['Network', 'Log', 'Runtime', 'Page']) await send(`${domain}.enable`);
  await send('Page.addScriptToEvaluateOnNewDocument', { source: REPORT_VIOLATIONS });
  await send('Page.navigate', { url });
  return {
    requests,
    complaints,
    evaluate,
    async waitFor(expression) {
      for (let attempt = 0; attempt < 200; attempt += 1) {
        if ((await evaluate(expression)) === true) return;
        await sleep(100);
      }
      throw new Error(`never became true: ${expression}\n${complaints.join('\n')}`);
    },
  };
}
