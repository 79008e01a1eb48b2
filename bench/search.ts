/** `npm run bench:search`: the time of pages that are searched by a prefix, and of counts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { provideServer } from '../tools/mysql-server.ts';
import { fillThroughApi, readCars } from './data.ts';
import { readOptions, toCount } from './options.ts';
import { median } from './report.ts';
import { startServer } from './servers.ts';

const HELP = `Usage: npm run bench:search -- [options]

Measures pages of 100 cars found by prefixes of 2 and 5 letters in every sort by one column, lists with several values
of a filter, and counts, on both engines, one request at a time. Prints the median and the maximum in ms, and the number of
503, as a Markdown table. Needs a MySQL or MariaDB server (or TEST_DATABASE_URL).

Options
  --rows N      cars in the database. Default: 100000
  --requests N  requests for each row of the table. Default: 50
  --help        print this help

Example
  npm run bench:search -- --rows 20000 --requests 20
`;

const values = readOptions(HELP, { rows: '100000', requests: '50' });
const rows = toCount('rows', values.rows);
const requests = toCount('requests', values.requests);

/** The most frequent prefixes of the EPA cars, and a rare one. */
const PREFIXES = ['ch', 'co', 'toyot', 'sierr', 'prius'];
const SORTS = ['id', 'brand', '-brand', 'model', '-model', 'year', '-year'];

const PATHS = [
  ...PREFIXES.map((q) => ({ name: `q=${q}`, paths: SORTS.map((sort) => `/cars?q=${q}&sort=${sort}`) })),
  { name: 'ten brands', paths: SORTS.map((sort) => `/cars?${tenBrands()}&sort=${sort}`) },
  ...['brand', 'model', 'year'].map((by) => ({ name: `counts by ${by}`, paths: [`/cars/counts?by=${by}`] })),
  { name: 'counts of q=ch', paths: ['/cars/counts?by=brand&q=ch', '/cars/counts?by=year&q=ch'] },
];

function tenBrands(): string {
  const brands = ['Audi', 'BMW', 'Ford', 'GMC', 'Honda', 'Kia', 'Mazda', 'Nissan', 'Toyota', 'Volvo'];
  return brands.map((brand) => `brand=${brand}`).join('&');
}

const agent = new Agent({ keepAlive: true });

/** Returns the milliseconds until the last byte, and whether the service gave up, as it does for a search that takes too long. */
function time(url: string): Promise<{ ms: number; isRefused: boolean }> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().on('end', () => {
        const isRefused = response.statusCode === 503;
        if (response.statusCode === 200 || isRefused) resolve({ ms: performance.now() - begun, isRefused });
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    }).on('error', reject);
  });
}

const folder = mkdtempSync(join(tmpdir(), 'cars-api-bench-'));
const database = await provideServer();
const connection = await createConnection(`${database.url}/`);
await connection.query('DROP DATABASE IF EXISTS bench_search');
await connection.query('CREATE DATABASE bench_search');
await connection.end();

process.stdout.write('| engine | requests | median ms | max ms | 503 |\n|---|---|---|---|---|\n');
const engines = { sqlite: `sqlite:${join(folder, 'cars.db')}`, mysql: `${database.url}/bench_search` };
for (const [engine, ours] of Object.entries(engines)) {
  const server = await startServer('cars-api', ours, '/readyz');
  try {
    await fillThroughApi(server.url, await readCars(rows));
    for (const { name, paths } of PATHS) {
      const results = [];
      for (let index = 0; index < requests; index += 1) {
        for (const path of paths) results.push(await time(server.url + path));
      }
      const times = results.map(({ ms }) => ms);
      const refused = results.filter(({ isRefused }) => isRefused).length;
      const share = refused === 0 ? '' : `${refused} of ${results.length}`;
      const cells = [engine, name, median(times).toFixed(1), Math.max(...times).toFixed(1), share];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  } finally {
    server.process.kill();
  }
}
agent.destroy();
await database.stop();
rmSync(folder, { recursive: true });
