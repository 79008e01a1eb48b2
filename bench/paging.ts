/**
 * `npm run bench:paging`: what page 1,000 costs beside page 1, on both engines, with 100,000 cars and pages of 100, for
 * sorts by one column, with and without a filter. Prints the ratio of the medians of interleaved requests.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { provideServer } from '../tools/mysql-server.ts';
import { fillOurs, readCars } from './data.ts';
import { median } from './report.ts';
import { startServer } from './servers.ts';

const ROWS = 100_000;
const REQUESTS = 300;
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

/** The `Link` to the next page, and the milliseconds until the last byte. */
function ask(url: string): Promise<{ next: string | undefined; time: number }> {
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

/** The URL of the last full page of 100. */
async function lastPage(url: string, list: string): Promise<string> {
  let page = `/cars?limit=1000&${list}`;
  let before = page;
  for (let next: string | undefined = page; next !== undefined; { next } = await ask(url + page)) {
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

process.stdout.write('| engine | list | page 1 ms | page 1,000 ms | ratio |\n|---|---|---|---|---|\n');
const engines = { sqlite: `sqlite:${join(folder, 'cars.db')}`, mysql: `${database.url}/bench_paging` };
for (const [engine, ours] of Object.entries(engines)) {
  const server = await startServer('cars-api', { ours, peers: '' }, '/readyz');
  try {
    await fillOurs(server.url, await readCars(ROWS));
    for (const list of LISTS) {
      const first = `/cars?limit=100&${list}`;
      const last = await lastPage(server.url, list);
      const times = { first: [] as number[], last: [] as number[] };
      for (let index = 0; index < REQUESTS; index += 1) {
        times.first.push((await ask(server.url + first)).time);
        times.last.push((await ask(server.url + last)).time);
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
