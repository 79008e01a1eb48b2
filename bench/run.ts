/**
 * `npm run bench`: this service beside plain ones, on the same cars and the same database server, in interleaved rounds.
 * Prints medians and ratios, and writes them to bench/results/. Needs wrk. Options:
 *
 *     --rounds 5  --seconds 5  --connections 1,64,512  --workloads one-id,create  --servers cars-api,fastify,limit
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { serverVersion } from '../tools/mysql-client.ts';
import { fillOurs, fillPeers, readCars } from './data.ts';
import { provideDatabase } from './database.ts';
import { type Measurement, renderTables, summarise } from './report.ts';
import { cpuSeconds, isAvailable, residentMemory, SERVERS, type Server, startServer } from './servers.ts';
import { runWrk } from './wrk.ts';

const WORKLOADS = ['one-id', 'first-page', 'filtered-page', 'create', 'update', 'delete-and-create', 'mixed'];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1,64,512' },
    workloads: { type: 'string', default: WORKLOADS.join(',') },
    servers: { type: 'string', default: SERVERS.join(',') },
    rows: { type: 'string', default: '100000' },
  },
});
const [rounds, seconds, rows] = [values.rounds, values.seconds, values.rows].map(Number) as [
  number,
  number,
  number,
];
const connections = values.connections.split(',').map(Number);
const workloads = values.workloads.split(',');

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

/** Installs the peers, and fails early where a tool is missing. */
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
  for (const name of values.servers.split(',')) {
    if (!isAvailable(name)) {
      say(`${name} is left out: its packages are missing on this machine`);
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

/** Every server in turn within each round, so that what disturbs the machine disturbs all of them. */
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
