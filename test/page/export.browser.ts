/** Exporting cars on the page: what is saved if the connection breaks, the service restarts, or the file is large. */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningApp, useApp } from '../http/start-app.ts';
import { usePages } from './page-browser.ts';

const app = useApp();
const open = usePages();

const CARS = 5000;

/** What happens to the next requests for an export, in this order. After the last one, all are passed on. */
let faults: ((incoming: IncomingMessage, outgoing: ServerResponse) => void)[] = [];
const proxy = createServer((incoming, outgoing) => {
  const fault = incoming.url?.startsWith('/cars.') ? faults.shift() : undefined;
  if (fault === undefined) pass(incoming, outgoing);
  else fault(incoming, outgoing);
});
const proxied = () =>
  ({ origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }) as unknown as RunningApp;

/** Passes a request on, and the first bytes of the answer, or all of them. */
function pass(incoming: IncomingMessage, outgoing: ServerResponse, end = Infinity, finish = 'end'): void {
  const { method, url, headers } = incoming;
  const forwarded = request(app().origin + url, { method, headers }, async (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    let bytes = Buffer.alloc(0);
    for await (const chunk of answer) bytes = Buffer.concat([bytes, chunk]);
    if (finish === 'end') outgoing.end(bytes.subarray(0, end));
    else outgoing.write(bytes.subarray(0, end), () => outgoing.destroy());
  });
  incoming.pipe(forwarded);
}

/** The connection breaks in the middle of a line. */
const cut = (bytes: number) => (incoming: IncomingMessage, outgoing: ServerResponse) =>
  pass(incoming, outgoing, bytes, 'destroy');
/** The same, but a proxy hides it. */
const truncate = (bytes: number) => (incoming: IncomingMessage, outgoing: ServerResponse) =>
  pass(incoming, outgoing, bytes);
/** The service does not run. */
const refuse = ({ socket }: IncomingMessage) => socket.destroy();
/** A load balancer has no service to send the request to. */
const answer502 = (_: IncomingMessage, outgoing: ServerResponse) => outgoing.writeHead(502).end();

beforeAll(async () => {
  for (let start = 0; start < CARS; start += 1000) {
    const cars = Array.from({ length: 1000 }, (_, index) => ({
      brand: 'Škoda',
      model: `Model ${start + index}`,
      year: 2001,
    }));
    expect((await app().post('/cars/batch', cars)).status).toBe(200);
  }
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(() => proxy.close());

/** Exports with the options as they are chosen in the dialogue. */
async function exportCars(page: Page): Promise<string> {
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  return readFile(await (await downloaded).path(), 'utf8');
}

it.each(['csv', 'ndjson'] as const)(
  'saves the whole %s file although the connection breaks, and the service restarts',
  async (format) => {
    // Not clean: the browser logs each connection that is cut.
    const { page } = await open(proxied());
    await page.getByRole('button', { name: 'Export' }).click();
    if (format === 'ndjson') await page.getByRole('radio', { name: /NDJSON/ }).check();
    faults = [cut(50_007), refuse, answer502, truncate(20_011)];
    expect(await exportCars(page)).toBe((await app().get(`/cars.${format}`)).body);
    expect(faults).toEqual([]);
    await page.context().close();
  },
);

it('starts a CSV file for spreadsheets with a byte order mark', async () => {
  const { page, expectClean } = await open(app());
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('checkbox', { name: /Protect against formulas/ }).check();
  expect(await exportCars(page)).toBe(`\ufeff${(await app().get('/cars.csv?safe=spreadsheet')).body}`);
  await expectClean();
});

it('gives a large export to the browser in parts', async () => {
  const { page, expectClean } = await open(proxied());
  await page.evaluate(`{
    window.lengths = [];
    window.Blob = class extends Blob {
      constructor(parts, options) {
        super(parts, options);
        window.lengths.push(parts.reduce((sum, part) => sum + (part.length ?? 0), 0));
      }
    };
  }`);
  const rows = Array.from({ length: 600_000 }, (_, index) => `${index},Škoda,Octavia Combi RS,2001\r\n`);
  const csv = `id,brand,model,year\r\n${rows.join('')}`;
  faults = [(_, outgoing) => outgoing.writeHead(200, { 'content-type': 'text/csv' }).end(csv)];
  await page.getByRole('button', { name: 'Export' }).click();
  const saved = await exportCars(page);
  // A comparison of the whole texts would print both.
  expect(saved === csv).toBe(true);
  const longest = Math.max(...(await page.evaluate<number[]>('lengths')));
  expect(longest).toBeLessThan(csv.length * 0.75);
  await expectClean();
});
