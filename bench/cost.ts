/**
 * `npm run bench:cost`: measures what each feature of the service costs, compared with the service
 * without it.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { startIssuer } from '../tools/start-issuer.ts';
import { type CostSetting, costSettings } from './cost-settings.ts';
import { fillThroughApi, readCars } from './data.ts';
import { provideDatabase } from './database.ts';
import { readOptions, toCount, toNames } from './options.ts';
import { median } from './report.ts';
import { cpuSeconds, type Server, startServer } from './servers.ts';
import { runWrk, WORKLOADS } from './wrk.ts';

const HELP = `Usage: npm run bench:cost -- [options]

Runs the service once for each setting, and sends load to them in turn. Prints requests per second and CPU time
per request, as medians, and both as a multiple of the setting's baseline (the median of the ratios of each round).
On a shared machine, trust CPU time more. Needs Linux and wrk, and a MySQL or MariaDB server (or TEST_DATABASE_URL).

Options
  --rounds N        measured rounds, after one to warm up. Default: 5
  --seconds N       seconds of load in each round, for each setting. Default: 3
  --connections N   concurrent connections. Default: 64
  --workloads LIST  some of ${WORKLOADS.join(', ')}. Default: one-id,create,mixed
  --settings LIST   names of settings; their baselines run too. Default: all
  --rows N          cars in the database. Default: 10000
  --help            print this help

Example
  npm run bench:cost -- --workloads one-id --settings "logs,api key"
`;

const values = readOptions(HELP, {
  rounds: '5',
  seconds: '3',
  connections: '64',
  workloads: 'one-id,create,mixed',
  settings: '',
  rows: '10000',
});
const rounds = toCount('rounds', values.rounds);
const seconds = toCount('seconds', values.seconds);
const connections = toCount('connections', values.connections);
const rows = toCount('rows', values.rows);
const workloads = toNames('workloads', values.workloads, WORKLOADS);

interface Contestant {
  readonly name: string;
  readonly setting: CostSetting;
  readonly server: Server;
  readonly credential: string;
}

interface Run {
  readonly rate: number;
  /** Microseconds of CPU time per request. */
  readonly cpu: number;
}

const HOUR = 3600;
const issuer = await startIssuer();
const token = await issuer.sign({
  scope: 'cars:read cars:write',
  exp: Math.floor(Date.now() / 1000) + 3 * HOUR,
});
const all = await costSettings(issuer.settings);
const known = Object.keys(all);
const chosen = values.settings === '' ? known : toNames('settings', values.settings, known);
const names = known.filter((name) => chosen.some((one) => one === name || all[one]?.baseline === name));

const database = await provideDatabase();
const databaseUrl = `${database.url}/bench_cost`;
const contestants: Contestant[] = [];
try {
  const key = await makeDatabase();
  for (const name of names) {
    const setting = all[name] as CostSetting;
    const server = await startServer('cars-api', databaseUrl, '/readyz', setting.env);
    const credential = setting.credential === 'token' ? token : setting.credential === 'key' ? key : '';
    contestants.push({ name, setting, server, credential });
  }
  for (const workload of workloads) report(workload, await measure(workload));
} finally {
  for (const { server } of contestants) server.process.kill();
  await database.stop();
  await issuer.stop();
}

/** Creates the database, fills it, and returns an API key for it. */
async function makeDatabase(): Promise<string> {
  const connection = await createConnection(`${database.url}/`);
  await connection.query('DROP DATABASE IF EXISTS bench_cost');
  await connection.query('CREATE DATABASE bench_cost');
  await connection.end();
  const filler = await startServer('cars-api', databaseUrl, '/readyz', { LOG_LEVEL: 'error' });
  await fillThroughApi(filler.url, await readCars(rows));
  filler.process.kill();
  const grant = ['--name', 'bench', '--scope', 'cars:read', '--scope', 'cars:write', '--expires', '1d'];
  const words = [join(import.meta.dirname, '../src/commands/keys.ts'), 'create', ...grant];
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  return (await promisify(execFile)('node', words, { env })).stdout.trim();
}

/** Measures each setting in each round. The first round is only a warm-up. */
async function measure(workload: string): Promise<ReadonlyMap<string, Run[]>> {
  const runs = new Map<string, Run[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, server, credential } of contestants) {
      const { pid = 0 } = server.process;
      const before = cpuSeconds(pid);
      const load = { url: server.url, workload, connections, seconds, rows, credential };
      const { requestsPerSecond, failures } = await runWrk(load);
      if (failures > 0) process.stderr.write(`${workload} ${name}: ${failures} failures\n`);
      const cpu = ((cpuSeconds(pid) - before) * 1e6) / (requestsPerSecond * seconds);
      if (round > 0) runs.get(name)?.push({ rate: requestsPerSecond, cpu });
    }
  }
  return runs;
}

function report(workload: string, runs: ReadonlyMap<string, Run[]>): void {
  process.stdout.write(
    `\n| ${workload} | req/s | CPU µs | baseline | req/s × | CPU × |\n|---|---|---|---|---|---|\n`,
  );
  for (const { name, setting } of contestants) {
    const own = runs.get(name) ?? [];
    const others = runs.get(setting.baseline) ?? [];
    const middle = (pick: (run: Run) => number) => median(own.map(pick));
    const ratio = (pick: (run: Run) => number) =>
      median(own.map((run, round) => pick(run) / pick(others[round] as Run)));
    const rate = (run: Run) => run.rate;
    const cpu = (run: Run) => run.cpu;
    const cells = [
      name,
      middle(rate).toFixed(0),
      middle(cpu).toFixed(1),
      setting.baseline,
      ratio(rate).toFixed(2),
      ratio(cpu).toFixed(2),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
