/** `npm run bench:checkouts`: compares the CPU time per request of several checkouts of this service. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { type CarFields, readCars } from './data.ts';
import { provideDatabase } from './database.ts';
import { exitWithUsage, readOptions, toCount, toNames } from './options.ts';
import { median, renderTable } from './report.ts';
import { cpuSeconds, type Server, startProgram } from './servers.ts';
import { runWrk, WORKLOADS } from './wrk.ts';

const HELP = `Usage: npm run bench:checkouts -- --folders LIST [options]

Runs the service of each folder, each with a database of its own, and sends load to them in turn. Prints CPU time per
request: the median, and as a multiple of that of the first folder (the median of the ratios of each round). Needs
Linux and wrk, and for mysql a MySQL or MariaDB server (or TEST_DATABASE_URL).

Options
  --folders LIST    checkouts whose packages are installed. Required
  --engine NAME     mysql or sqlite. Default: mysql
  --rounds N        rounds, each with new processes. Default: 5
  --seconds N       seconds of load for each checkout and round, after 4 to warm up. Default: 3
  --connections N   concurrent connections. Default: 64
  --workloads LIST  some of ${WORKLOADS.join(', ')}.
                    Default: one-id,first-page,filtered-page,create,update,mixed
  --rows N          cars in each database. Default: 10000
  --help            print this help

Example
  git worktree add /tmp/before HEAD~1 && npm --prefix /tmp/before ci
  npm run bench:checkouts -- --folders /tmp/before,. --workloads one-id,create
`;

/** Requests at once while a database is filled. */
const FILLING = 32;

/** Seconds of load before each measurement: new processes still compile and optimise their code. */
const WARM_UP = 4;

interface Checkout {
  readonly folder: string;
  /** Of its database. */
  readonly url: string;
}

const values = readOptions(HELP, {
  folders: '',
  engine: 'mysql',
  rounds: '5',
  seconds: '3',
  connections: '64',
  workloads: 'one-id,first-page,filtered-page,create,update,mixed',
  rows: '10000',
});
const folders = values.folders.split(',').filter((folder) => folder !== '');
if (folders.length === 0) exitWithUsage('--folders is missing');
for (const folder of folders) {
  if (!existsSync(join(folder, 'src/main.ts'))) exitWithUsage(`${folder} has no src/main.ts`);
  if (!existsSync(join(folder, 'node_modules')))
    exitWithUsage(`${folder} has no packages: npm --prefix ${folder} ci`);
}
const [engine] = toNames('engine', values.engine, ['mysql', 'sqlite']);
const rounds = toCount('rounds', values.rounds);
const seconds = toCount('seconds', values.seconds);
const connections = toCount('connections', values.connections);
const rows = toCount('rows', values.rows);
const workloads = toNames('workloads', values.workloads, WORKLOADS);

const files = mkdtempSync(join(tmpdir(), 'cars-api-bench-'));
const database = engine === 'mysql' ? await provideDatabase() : undefined;
const checkouts: Checkout[] = [];
let servers: Server[] = [];
try {
  const cars = await readCars(rows);
  for (const [index, folder] of folders.entries()) {
    checkouts.push({ folder, url: await makeDatabase(index) });
    const server = await start(checkouts[index] as Checkout);
    servers.push(server);
    await fill(server.url, cars);
    await stopAll();
  }
  const measured = await measure();
  for (const workload of workloads)
    process.stdout.write(`\n${report(workload, measured.get(workload) ?? [])}`);
} finally {
  await stopAll();
  await database?.stop();
  rmSync(files, { recursive: true });
}

function start({ folder, url }: Checkout): Promise<Server> {
  return startProgram(folder, ['node', join(resolve(folder), 'src/main.ts')], url, '/readyz');
}

async function stopAll(): Promise<void> {
  const running = servers.filter(({ process }) => process.exitCode === null && process.signalCode === null);
  const ended = running.map(({ process }) => new Promise((done) => process.once('exit', done)));
  for (const { process } of running) process.kill();
  servers = [];
  await Promise.all(ended);
}

async function makeDatabase(index: number): Promise<string> {
  if (database === undefined) return `sqlite:${join(files, `${index}.db`)}`;
  const name = `bench_checkout_${index}`;
  const connection = await createConnection(`${database.url}/`);
  await connection.query(`DROP DATABASE IF EXISTS ${name}`);
  await connection.query(`CREATE DATABASE ${name}`);
  await connection.end();
  return `${database.url}/${name}`;
}

/** One request for each car: a checkout can be older than batches. */
async function fill(url: string, cars: readonly CarFields[]): Promise<void> {
  const waiting = cars.values();
  const headers = { 'content-type': 'application/json' };
  await Promise.all(
    Array.from({ length: FILLING }, async () => {
      for (const [brand, model, year] of waiting) {
        const body = JSON.stringify({ brand, model, year });
        const { status } = await fetch(`${url}/cars`, { method: 'POST', headers, body });
        if (status !== 201) throw new Error(`POST /cars of ${url} answered ${status}`);
      }
    }),
  );
}

/**
 * Returns the microseconds of CPU per request: for each workload, those of each round and checkout. Each round starts
 * new processes, because those of one checkout differ by some percent. Every second round runs them in reverse.
 */
async function measure(): Promise<ReadonlyMap<string, number[][]>> {
  const measured = new Map<string, number[][]>(workloads.map((workload) => [workload, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const checkout of checkouts) servers.push(await start(checkout));
    const order = [...servers.entries()];
    if (round % 2 === 1) order.reverse();
    for (const workload of workloads) {
      const figures: number[] = [];
      for (const [index, server] of order) {
        await load(server, workload, WARM_UP);
        figures[index] = await load(server, workload, seconds);
      }
      measured.get(workload)?.push(figures);
    }
    await stopAll();
  }
  return measured;
}

/** Returns the microseconds of CPU per request. */
async function load(
  { name, url, process: child }: Server,
  workload: string,
  duration: number,
): Promise<number> {
  const { pid = 0 } = child;
  const before = cpuSeconds(pid);
  const { requests, failures } = await runWrk({ url, workload, connections, seconds: duration, rows });
  if (failures > 0) process.stderr.write(`${workload} ${name}: ${failures} failures\n`);
  return ((cpuSeconds(pid) - before) * 1e6) / requests;
}

function report(workload: string, measured: readonly number[][]): string {
  const lines = folders.map((folder, index) => {
    const of = (pick: (figures: readonly number[]) => number) => median(measured.map(pick));
    const cpu = of((figures) => figures[index] as number);
    const ratio = of((figures) => (figures[index] as number) / (figures[0] as number));
    return [folder, cpu.toFixed(1), ratio.toFixed(3)];
  });
  return renderTable([workload, 'CPU µs', '×'], lines);
}
