/**
 * `npm run bench`: compares this service with plain services of other frameworks, on the same cars
 * and database server.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { serverVersion } from '../tools/mysql-client.ts';
import { checkContract } from './contract.ts';
import { readCars } from './data.ts';
import { findDatabaseProcess, provideDatabase } from './database.ts';
import { createDatabases } from './databases.ts';
import { type Distance, startDistance } from './distance.ts';
import { readOptions, toCount, toNames } from './options.ts';
import {
  type Machine,
  type Measurement,
  type Results,
  renderTables,
  summarise,
  USUAL_CONNECTIONS,
} from './report.ts';
import {
  cpuSeconds,
  databaseOf,
  isAvailable,
  memoryInAll,
  SERVERS,
  type Server,
  startServer,
} from './servers.ts';
import { runWrk, WORKLOADS } from './wrk.ts';

const HELP = `Usage: npm run bench -- [options]

Starts the servers, tests that each one works, and sends load to them in turn in each round. Prints medians and
ratios as a Markdown table, and writes bench/results/latest.json. Needs Linux and wrk, and a MySQL or MariaDB server
(or TEST_DATABASE_URL, on this machine).

Options
  --rounds N          Default: 5
  --seconds N         seconds of load for each measurement. Default: 5
  --connections LIST  concurrent connections. Default: 1,8,64,512. The servers express, hono and flask are measured
                      with 64 only
  --away LIST         milliseconds by which the answers of the database are delayed. Default: 0,1,3. Measured with
                      64 connections, and only the servers cars-api, fastify and fastify-promises
  --workloads LIST    some of ${WORKLOADS.join(', ')}.
                      Default: all
  --servers LIST      some of ${SERVERS.join(', ')}.
                      Default: all. fastify-promises makes the promises of cars-api; better-sqlite3 is the plain
                      service for cars-api-sqlite; limit is a bare Node.js server without a database
  --rows N            cars in the database. Default: 100000
  --help              print this help

Example
  npm run bench -- --rounds 1 --seconds 2 --connections 64 --away 0 --servers cars-api,fastify --workloads one-id
`;

/** Servers that are also measured with a database further away. */
const MEASURED_AWAY = ['cars-api', 'fastify', 'fastify-promises'];

/** Servers that are measured with any number of connections; the others with {@link USUAL_CONNECTIONS} only. */
const MEASURED_FULLY = [...MEASURED_AWAY, 'cars-api-sqlite', 'better-sqlite3', 'limit'];

// Read now, because the next commit may come before the results.
const commit =
  spawnSync('git', ['rev-parse', '--short=7', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() || 'unknown';

const values = readOptions(HELP, {
  rounds: '5',
  seconds: '5',
  connections: '1,8,64,512',
  away: '0,1,3',
  workloads: WORKLOADS.join(','),
  servers: SERVERS.join(','),
  rows: '100000',
});
const rounds = toCount('rounds', values.rounds);
const seconds = toCount('seconds', values.seconds);
const rows = toCount('rows', values.rows);
const connections = values.connections.split(',').map((count) => toCount('connections', count));
const away = values.away.split(',').map((count) => (count === '0' ? 0 : toCount('away', count)));
const workloads = toNames('workloads', values.workloads, WORKLOADS);
const serverNames = toNames('servers', values.servers, SERVERS).filter((name) => {
  if (!isAvailable(name)) say(`skipping ${name}: its packages are not installed`);
  return isAvailable(name);
});

interface Contestant extends Server {
  readonly away: number;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

prepare();
const database = await provideDatabase();
const databasePid = await findDatabaseProcess(database.url);
const distances = new Map<number, Distance>();
for (const milliseconds of away.filter((one) => one > 0)) {
  distances.set(milliseconds, await startDistance(database.url, milliseconds));
}
say(`filling ${rows} cars`);
const databases = await createDatabases(
  database.url,
  new Set(serverNames.map(databaseOf)),
  await readCars(rows),
);
const contestants: Contestant[] = [];
try {
  await startAll();
  for (const contestant of contestants) await checkContract(contestant);
  report(await measure(), await serverVersion(database.url));
} finally {
  for (const contestant of contestants) contestant.process.kill();
  for (const distance of distances.values()) distance.close();
  await database.stop();
  databases.remove();
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

async function startAll(): Promise<void> {
  for (const name of serverNames) {
    const url = databases.urlOf(databaseOf(name));
    for (const milliseconds of away) {
      if (milliseconds > 0 && !MEASURED_AWAY.includes(name)) continue;
      const server = await startServer(name, distances.get(milliseconds)?.urlOf(url) ?? url);
      contestants.push({ ...server, away: milliseconds });
    }
  }
}

/** Measures every server in each round, so that noise on the machine affects all of them. */
async function measure(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const workload of workloads) {
      for (const count of connections) {
        for (const contestant of contestants) {
          if (contestant.name === 'limit' && workload !== 'one-id') continue;
          const isFull = contestant.away === 0 && MEASURED_FULLY.includes(contestant.name);
          if (isFull || count === USUAL_CONNECTIONS) {
            measurements.push(await measureOne(contestant, workload, count, round));
          }
        }
      }
    }
  }
  return measurements;
}

async function measureOne(
  { name, url, away, process: { pid = 0 } }: Contestant,
  workload: string,
  count: number,
  round: number,
): Promise<Measurement> {
  const etag = workload === 'first-page-unchanged' ? await etagOf(`${url}/cars?limit=100`) : '';
  const before = [cpuSeconds(pid), cpuSeconds(databasePid)] as const;
  const load = await runWrk({ url, workload, connections: count, seconds, rows, etag });
  const perRequest = (used: number) => (used * 1e6) / load.requests;
  const usesDatabase = !['none', 'our-file', 'plain-file'].includes(databaseOf(name));
  const measurement = {
    ...load,
    round,
    server: name,
    workload,
    connections: count,
    away,
    serverCpu: perRequest(cpuSeconds(pid) - before[0]),
    databaseCpu: usesDatabase ? perRequest(cpuSeconds(databasePid) - before[1]) : 0,
    memory: memoryInAll(pid),
  };
  const { requestsPerSecond, serverCpu, databaseCpu } = measurement;
  const used = `${serverCpu.toFixed(0)} + ${databaseCpu.toFixed(0)} µs`;
  say(
    `round ${round} ${workload} c${count} ${away} ms ${name}: ${requestsPerSecond.toFixed(0)} req/s, ${used}`,
  );
  return measurement;
}

async function etagOf(url: string): Promise<string> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.headers.get('etag') ?? '';
}

function report(measurements: readonly Measurement[], databaseVersion: string): void {
  const machine: Machine = {
    commit,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    node: process.version,
    database: databaseVersion,
    cores: cpus().length,
    rounds,
    seconds,
    rows,
  };
  const results: Results = { machine, summary: summarise(measurements) };
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(results, null, 1)}\n`);
  process.stdout.write(renderTables(results.summary));
}
