/**
 * `npm run bench:migrations`: measures migrations of a large table, what clients get meanwhile, and
 * what the audit trail takes.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { queryRows, serverVersion, withConnection } from '../tools/mysql-client.ts';
import { provideDatabase } from './database.ts';
import { readOptions, toCount } from './options.ts';
import { startServer } from './servers.ts';

const HELP = `Usage: npm run bench:migrations -- [options]

Fills a table of cars, and runs a few ALTER TABLE statements while clients read, list, create and change cars.
Prints a Markdown table: how long each takes, and for each kind of request how many were answered, how many of them
with 503, and the longest answer. Also prints the bytes that a million entries of the audit trail take. Needs a MySQL
or MariaDB server (or TEST_DATABASE_URL), and 5 GB of disk for 10 million cars.

Options
  --rows N      cars in the table, in millions. Default: 10
  --clients N   clients of each kind. Default: 4
  --help        print this help

Example
  npm run bench:migrations -- --rows 1
`;

const values = readOptions(HELP, { rows: '10', clients: '4' });
const millions = toCount('rows', values.rows);
const clients = toCount('clients', values.clients);

/** Added to the full table, which is faster. The last one is what migration 0003 replaces. */
const INDEXES = [
  'brand (brand_key, id)',
  'model (model_key, id)',
  'year (year, id)',
  'brand_and_year (brand_key, year, id)',
];
const MIGRATIONS: readonly [what: string, sql: string][] = [
  [
    'replace an index (migration 0003)',
    `ALTER TABLE cars DROP INDEX cars_by_brand_and_year,
     ADD INDEX cars_by_brand_and_year (brand_key, year, id, brand, model), ALGORITHM=INPLACE, LOCK=NONE`,
  ],
  ['add a column', 'ALTER TABLE cars ADD COLUMN colour VARCHAR(50) NULL, ALGORITHM=INSTANT'],
  ['change the type of a column', 'ALTER TABLE cars MODIFY year INT UNSIGNED NOT NULL'],
];

/** Numbers from 0 to 999,999, each with so many more. */
const MILLION = ['a', 'b', 'c', 'd', 'e', 'f']
  .map(
    (digit) =>
      `(SELECT 0 AS n UNION ALL ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `SELECT ${n}`).join(' UNION ALL ')}) ${digit}`,
  )
  .join(' CROSS JOIN ');
const NUMBER = 'a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n';

const carId = () => 1 + Math.floor(Math.random() * millions * 1_000_000);
const withBody = (method: string, body: object): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const REQUESTS: Readonly<Record<string, () => [path: string, init?: RequestInit]>> = {
  read: () => [`/cars/${carId()}`],
  list: () => [`/cars?brand=Brand%20${carId() % 60}&yearMin=2000&sort=year`],
  create: () => ['/cars', withBody('POST', { brand: 'Brand 7', model: 'Model 7', year: 2018 })],
  change: () => [`/cars/${carId()}`, withBody('PATCH', { model: `Model ${carId() % 5003}` })],
};

const server = await provideDatabase();
const name = 'bench_migrations';
const url = `${server.url}/${name}`;
await queryRows(server.url, `DROP DATABASE IF EXISTS ${name}`);
await queryRows(server.url, `CREATE DATABASE ${name}`);
try {
  if (process.env['TEST_DATABASE_URL']) {
    await queryRows(server.url, `SET GLOBAL innodb_buffer_pool_size = ${2 * 1024 ** 3}`);
  }
  const service = await startServer('cars-api', url, '/healthz', { LOG_LEVEL: 'warn' });
  process.stdout.write(`${await serverVersion(server.url)}, ${millions} million cars\n\n`);
  await fill();
  process.stdout.write(
    `| statement | seconds | requests | answered | 503 | longest |\n|---|---|---|---|---|---|\n`,
  );
  for (const [what, sql] of MIGRATIONS) await measure(service.url, what, sql);
  await measureTrail();
  service.process.kill();
} finally {
  await queryRows(server.url, `DROP DATABASE ${name}`);
  await server.stop();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

async function fill(): Promise<void> {
  await withConnection(url, async (connection) => {
    const drop = ['brand', 'model', 'year', 'brand_and_year'].map((index) => `DROP INDEX cars_by_${index}`);
    await connection.query(`ALTER TABLE cars ${drop.join(', ')}`);
    const filled = await timed(async () => {
      for (let million = 0; million < millions; million += 1) {
        await connection.query(`
          INSERT INTO cars (brand, brand_key, model, model_key, year)
          SELECT CONCAT('Brand ', x % 60), CONCAT('brand ', x % 60),
            CONCAT('Model ', x % 5003), CONCAT('model ', x % 5003), 1990 + x % 37
          FROM (SELECT CRC32(${million} * 1000000 + ${NUMBER}) AS x FROM ${MILLION}) numbers`);
      }
    });
    const add = INDEXES.map((index) => `ADD INDEX cars_by_${index}`);
    const indexed = await timed(() => connection.query(`ALTER TABLE cars ${add.join(', ')}`));
    process.stdout.write(
      `filled in ${filled.toFixed(0)} s, four indexes in ${indexed.toFixed(0)} s, ${await bytesOf('cars')} bytes\n\n`,
    );
  });
}

/** Data and indexes together. */
async function bytesOf(table: string): Promise<number> {
  await queryRows(url, `ANALYZE TABLE ${table}`);
  const [row] = await queryRows(
    url,
    `SELECT data_length + index_length AS bytes FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name = '${table}'`,
  );
  return Number(row?.['bytes']);
}

async function measure(service: string, what: string, sql: string): Promise<void> {
  let running = true;
  const seen = Object.keys(REQUESTS).map((kind) => ({ kind, answered: 0, unavailable: 0, longest: 0 }));
  const working = seen.flatMap((kind) =>
    Array.from({ length: clients }, async () => {
      while (running) {
        const [path, init] = REQUESTS[kind.kind]?.() ?? ['/'];
        const begun = performance.now();
        const response = await fetch(`${service}${path}`, init);
        await response.arrayBuffer();
        kind.answered += 1;
        if (response.status === 503) kind.unavailable += 1;
        kind.longest = Math.max(kind.longest, performance.now() - begun);
        await sleep(20);
      }
    }),
  );
  await sleep(2000);
  const seconds = await timed(() => queryRows(url, sql));
  await sleep(1000);
  running = false;
  await Promise.all(working);
  for (const { kind, answered, unavailable, longest } of seen) {
    process.stdout.write(
      `| ${what} | ${seconds.toFixed(1)} | ${kind} | ${answered} | ${unavailable} | ${Math.round(longest)} ms |\n`,
    );
  }
}

async function measureTrail(): Promise<void> {
  await queryRows(url, 'DELETE FROM car_changes');
  const before = await bytesOf('car_changes');
  await queryRows(
    url,
    `INSERT INTO car_changes (car_id, version, kind, caller, request_id, changed_at,
       brand_before, model_before, year_before, brand_after, model_after, year_after)
     SELECT x % 10000000, 2, 'updated', 'shop', UUID(), UTC_TIMESTAMP(3),
       CONCAT('Brand ', x % 60), CONCAT('Model ', x % 5003), 2000,
       CONCAT('Brand ', x % 60), CONCAT('Model ', x % 5003), 2001
     FROM (SELECT CRC32(${NUMBER}) AS x FROM ${MILLION}) numbers`,
  );
  const bytes = (await bytesOf('car_changes')) - before;
  process.stdout.write(`\na million entries of the audit trail: ${bytes} bytes\n`);
}
