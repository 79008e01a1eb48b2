/** The client in Chromium, on a page of another origin. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCarsClient } from '../../client/src/index.ts';
import { type RunningApp, startApp } from '../http/start-app.ts';
import { useBrowser } from '../support/browser.ts';
import { bundleClient } from './bundle.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

const open = useBrowser();
let pages: Server;
let app: RunningApp;
let proxy: FaultyProxy;
let page: Page;

beforeAll(async () => {
  const code = await bundleClient();
  pages = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? code : '<!doctype html><link rel="icon" href="data:,"><title>A page</title>');
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const address = pages.address();
  const origin = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
  app = await startApp({ CORS_ORIGINS: origin });
  proxy = await startFaultyProxy(app.origin);
  ({ page } = await open(`${origin}/`));
});
afterAll(async () => {
  await proxy?.close();
  await app?.stop();
  pages?.close();
});

/** Runs statements that end with `return` in the page. There, `api` is the module and `cars` a client. */
function runInPage(statements: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const api = await import('/client.js');
    const cars = api.createCarsClient({ url: '${proxy.url}' });
    ${statements}
  })()`);
}

it('creates, changes and lists cars, and repeats what fails', async () => {
  proxy.plan('pass', 'cut-after', 'cut-after');
  const result = await runInPage(`
    const golf = await cars.create({ brand: 'Browser', model: 'Golf', year: 2018 });
    const newer = await cars.update(golf.id, { year: 2020 }, { ifMatch: golf.etag });
    const conflict = await cars.update(golf.id, { year: 2021 }, { ifMatch: golf.etag }).catch((error) => error);
    const all = [];
    for await (const { model, year } of cars.list({ brand: 'browser' })) all.push([model, year]);
    return { etag: newer.etag, isConflict: conflict instanceof api.ConflictError, year: conflict.current.year, all };
  `);
  expect(result).toEqual({ etag: '"2"', isConflict: true, year: 2020, all: [['Golf', 2020]] });
  expect(
    await Array.fromAsync(createCarsClient({ url: app.origin }).list({ brand: 'browser' })),
  ).toHaveLength(1);
});

it('creates many cars and exports them, also after a cut', async () => {
  proxy.plan('pass', 'cut-after');
  const created = await runInPage(`
    const rows = Array.from({ length: 2500 }, (_, n) => ({ brand: 'Many', model: 'M' + n, year: 1900 + (n % 200) }));
    const file = new File(['brand;model;year\\r\\nMany;A;2018\\r\\nMany;B;1700\\r\\n'], 'cars.csv');
    const reports = [];
    for await (const { created, rejected } of cars.createMany(rows)) reports.push([created, rejected.length]);
    for await (const { created, rejected } of cars.createManyFromCsv(file)) reports.push([created, rejected[0].line]);
    return reports;
  `);
  expect(created).toEqual([
    [1000, 0],
    [1000, 0],
    [500, 0],
    [1, 3],
  ]);

  proxy.plan({ cutAt: 3000 });
  const exported = await runInPage(`
    const ids = new Set();
    for await (const { id } of cars.export({ brand: 'Many' })) ids.add(id);
    return ids.size;
  `);
  expect(exported).toBe(2501);
  expect(proxy.requests().filter(({ method }) => method === 'GET')).toHaveLength(2);
});

it('is stopped by a signal', async () => {
  proxy.plan('hang', 'hang');
  const result = await runInPage(`
    const controller = new AbortController();
    setTimeout(() => controller.abort('enough'), 50);
    return cars.page({}, { signal: controller.signal }).catch((error) => error);
  `);
  expect(result).toBe('enough');
});
