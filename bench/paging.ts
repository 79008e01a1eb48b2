/**
 * `npm run bench:paging`: compares the time for a page near the end of a list with that for page 1.
 */

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

const HELP = `Usage: npm run bench:paging -- [options]

Measures page 1 and a page near the end, of 100 cars each, on both engines, sorted by each column, with and without a
filter, in interleaved requests. Prints medians in ms and their ratio as a Markdown table. Needs a MySQL or
MariaDB server (or TEST_DATABASE_URL).

Options
  --rows N      cars in the database. Default: 100000
  --requests N  requests for each page. Default: 300
  --help        print this help

Example
  npm run bench:paging -- --rows 20000 --requests 50
`;

const values = readOptions(HELP, { rows: '100000', requests: '300' });
const rows = toCount('rows', values.rows);
const requests = toCount('requests', values.requests);

const LISTS = [
  '',
  'sort=brand',
  'sort=-brand',
  'sort=model',
  'sort=-model',
  'sort=year',
  'sort=-year',
].flatMap((sort) => [sort, `${sort}&yearMin=1986`]);

const agent = new Agent({ keepAlive: true });

/** Returns the link to the next page, and the milliseconds until the last byte. */
function getPage(url: string): Promise<{ next: string | undefined; time: number }> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
        const next = /<([^>]+)>; rel="next"/.exec(String(response.headers['link']))?.[1];
        resolve({ next, time: performance.now() - begun });
      });
    }).on('error', reject);
  });
}

/**
 * Returns the path of a page of 100 among the last 1,000 cars. Follows pages of 1,000 to get there.
 */
async function lastPage(url: string, list: string): Promise<string> {
  let page = `/cars?limit=1000&${list}`;
  let before = page;
  for (let next: string | undefined = page; next !== undefined; { next } = await getPage(url + page)) {
    before = page;
    page = next;
  }
  return before.replace('limit=1000', 'limit=100');
}

const folder = mkdtempSync(join(tmpdir(), 'cars-api-bench-'));
const database = await provideServer();
const connection = await createConnection(`${database.url}/`);
await connection.query('DROP DATABASE IF EXISTS bench_paging');
await connection.query('CREATE DATABASE bench_paging');
await connection.end();

process.stdout.write('| engine | list | page 1 ms | page near the end ms | ratio |\n|---|---|---|---|---|\n');
const engines = { sqlite: `sqlite:${join(folder, 'cars.db')}`, mysql: `${database.url}/bench_paging` };
for (const [engine, ours] of Object.entries(engines)) {
  const server = await startServer('cars-api', ours, '/readyz');
  try {
    await fillThroughApi(server.url, await readCars(rows));
    for (const list of LISTS) {
      const first = `/cars?limit=100&${list}`;
      const last = await lastPage(server.url, list);
      const times = { first: [] as number[], last: [] as number[] };
      for (let index = 0; index < requests; index += 1) {
        times.first.push((await getPage(server.url + first)).time);
        times.last.push((await getPage(server.url + last)).time);
      }
      const [a, b] = [median(times.first), median(times.last)];
      const cells = [engine, list || 'all', a.toFixed(2), b.toFixed(2), (b / a).toFixed(2)];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  } finally {
    server.process.kill();
  }
}
agent.destroy();
await database.stop();
rmSync(folder, { recursive: true });
