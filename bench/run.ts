/**
 * `npm run bench`: compares this service with plain services of other frameworks, on the same cars
 * and database server.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { serverVersion } from '../tools/mysql-client.ts';
import { fillOurs, fillPeers, readCars } from './data.ts';
import { provideDatabase } from './database.ts';
import { readOptions, toCount, toNames } from './options.ts';
import { type Measurement, renderTables, summarise } from './report.ts';
import { cpuSeconds, isAvailable, residentMemory, SERVERS, type Server, startServer } from './servers.ts';
import { runWrk, WORKLOADS } from './wrk.ts';

const HELP = `Usage: npm run bench -- [options]

Starts the servers, and sends load to them in turn in each round. Prints medians and ratios as a Markdown table,
and writes bench/results/latest.json. "limit" is a bare Node.js server without a database. Needs Linux and wrk,
and a MySQL or MariaDB server (or TEST_DATABASE_URL).

Options
  --rounds N          Default: 5
  --seconds N         seconds of load for each measurement. Default: 5
  --connections LIST  concurrent connections. Default: 1,64,512
  --workloads LIST    some of ${WORKLOADS.join(', ')}. Default: all
  --servers LIST      some of ${SERVERS.join(', ')}. Default: all
  --rows N            cars in the database. Default: 100000
  --help              print this help

Example
  npm run bench -- --rounds 1 --seconds 2 --connections 64 --servers cars-api,fastify --workloads one-id
`;

const values = readOptions(HELP, {
  rounds: '5',
  seconds: '5',
  connections: '1,64,512',
  workloads: WORKLOADS.join(','),
  servers: SERVERS.join(','),
  rows: '100000',
});
const rounds = toCount('rounds', values.rounds);
const seconds = toCount('seconds', values.seconds);
const rows = toCount('rows', values.rows);
const connections = values.connections.split(',').map((count) => toCount('connections', count));
const workloads = toNames('workloads', values.workloads, WORKLOADS);
const serverNames = toNames('servers', values.servers, SERVERS);

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

prepare();
const database = await provideDatabase();
const urls = { ours: `${database.url}/bench_ours`, peers: `${database.url}/bench_peers` };
const servers: Server[] = [];
try {
  await makeDatabases();
  await startAll();
  const measurements = await measure();
  report(measurements, await serverVersion(database.url));
} finally {
  for (const server of servers) server.process.kill();
  await database.stop();
}

/** Installs the peers' packages, and fails early when wrk is missing. */
function prepare(): void {
  if (spawnSync('wrk', ['-v']).error)
    throw new Error('the benchmark needs wrk: apt-get install wrk, brew install wrk');
  const { status } = spawnSync('npm', ['ci', '--prefix', import.meta.dirname, '--silent'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('npm ci in bench/ failed');
}

async function makeDatabases(): Promise<void> {
  const connection = await createConnection(`${database.url}/`);
  for (const name of ['bench_ours', 'bench_peers']) {
    await connection.query(`DROP DATABASE IF EXISTS ${name}`);
    await connection.query(`CREATE DATABASE ${name}`);
  }
  await connection.end();
}

async function startAll(): Promise<void> {
  const cars = await readCars(rows);
  await fillPeers(urls.peers, cars);
  for (const name of serverNames) {
    if (!isAvailable(name)) {
      say(`skipping ${name}: its packages are not installed`);
      continue;
    }
    if (name === 'cars-api') await fillThroughService(cars);
    servers.push(await startServer(name, urls));
  }
}

async function fillThroughService(cars: Awaited<ReturnType<typeof readCars>>): Promise<void> {
  say(`filling ${cars.length} cars`);
  const filler = await startServer('cars-api', urls, '/readyz');
  await fillOurs(filler.url, cars);
  filler.process.kill();
}

/** Measures every server in each round, so that noise on the machine affects all of them. */
async function measure(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const workload of workloads) {
      for (const count of connections) {
        for (const server of servers) {
          if (server.name === 'limit' && workload !== 'one-id') continue;
          const pid = server.process.pid ?? 0;
          const cpuBefore = cpuSeconds(pid);
          const load = await runWrk({ url: server.url, workload, connections: count, seconds, rows });
          const cpu = (cpuSeconds(pid) - cpuBefore) / seconds;
          measurements.push({
            round,
            server: server.name,
            workload,
            connections: count,
            ...load,
            cpu,
            memory: residentMemory(pid),
          });
          say(
            `round ${round} ${workload} c${count} ${server.name}: ${load.requestsPerSecond.toFixed(0)} req/s, p99 ${load.p99} ms`,
          );
        }
      }
    }
  }
  return measurements;
}

function report(measurements: Measurement[], databaseVersion: string): void {
  const machine = {
    node: process.version,
    database: databaseVersion,
    cores: cpus().length,
    rounds,
    seconds,
    rows,
  };
  const results = { machine, summary: summarise(measurements), measurements };
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(results, null, 1)}\n`);
  process.stdout.write(renderTables(results.summary));
}
