/**
 * What each thing that can be turned on costs: the service with it beside the service without, in turn, on the database of
 * `bench/run.ts`. `npm run bench:cost`; needs wrk. Prints requests a second and CPU time a request, each as medians of the
 * quotients of each round; CPU time is the better measure where others use the machine. Options:
 *
 *     --rounds 5  --seconds 3  --connections 64  --workloads one-id,create,mixed  --settings "logs,api key"  --rows 10000
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { startIssuer } from '../tools/start-issuer.ts';
import { type CostSetting, costSettings } from './cost-settings.ts';
import { fillOurs, readCars } from './data.ts';
import { provideDatabase } from './database.ts';
import { median } from './report.ts';
import { cpuSeconds, type Server, startServer } from './servers.ts';
import { runWrk } from './wrk.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    workloads: { type: 'string', default: 'one-id,create,mixed' },
    settings: { type: 'string' },
    rows: { type: 'string', default: '10000' },
  },
});
const [rounds, seconds, connections, rows] = [
  values.rounds,
  values.seconds,
  values.connections,
  values.rows,
].map(Number) as [number, number, number, number];

interface Contestant {
  readonly name: string;
  readonly setting: CostSetting;
  readonly server: Server;
  readonly credential: string;
}

interface Run {
  readonly rate: number;
  /** Microseconds of CPU for each request. */
  readonly cpu: number;
}

const issuer = await startIssuer();
const hours = 3600;
const token = await issuer.sign({
  scope: 'cars:read cars:write',
  exp: Math.floor(Date.now() / 1000) + 3 * hours,
});
const all = await costSettings(issuer.settings);
const asked = values.settings?.split(',') ?? Object.keys(all);
const unknown = asked.filter((name) => all[name] === undefined);
if (unknown.length > 0)
  throw new Error(`no setting ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`);
const names = Object.keys(all).filter((name) =>
  asked.some((one) => one === name || all[one]?.beside === name),
);

const database = await provideDatabase();
const urls = { ours: `${database.url}/bench_cost`, peers: '' };
const contestants: Contestant[] = [];
try {
  const key = await makeDatabase();
  for (const name of names) {
    const setting = all[name] as CostSetting;
    const server = await startServer('cars-api', urls, '/readyz', setting.env);
    const credential = setting.credential === 'token' ? token : setting.credential === 'key' ? key : '';
    contestants.push({ name, setting, server, credential });
  }
  for (const workload of values.workloads.split(',')) report(workload, await measure(workload));
} finally {
  for (const { server } of contestants) server.process.kill();
  await database.stop();
  await issuer.stop();
}

/** Makes the database with cars and a key for it, which is returned. */
async function makeDatabase(): Promise<string> {
  const connection = await createConnection(`${database.url}/`);
  await connection.query('DROP DATABASE IF EXISTS bench_cost');
  await connection.query('CREATE DATABASE bench_cost');
  await connection.end();
  const filler = await startServer('cars-api', urls, '/readyz', { LOG_LEVEL: 'error' });
  await fillOurs(filler.url, await readCars(rows));
  filler.process.kill();
  const grant = ['--name', 'bench', '--scope', 'cars:read', '--scope', 'cars:write', '--expires', '1d'];
  const words = [join(import.meta.dirname, '../src/commands/keys.ts'), 'create', ...grant];
  const env = { ...process.env, DATABASE_URL: urls.ours };
  return (await promisify(execFile)('node', words, { env })).stdout.trim();
}

/** The runs of each contestant; the first round only warms up. */
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
    `\n| ${workload} | req/s | CPU µs | beside | req/s × | CPU × |\n|---|---|---|---|---|---|\n`,
  );
  for (const { name, setting } of contestants) {
    const own = runs.get(name) ?? [];
    const others = runs.get(setting.beside) ?? [];
    const middle = (pick: (run: Run) => number) => median(own.map(pick));
    const ratio = (pick: (run: Run) => number) =>
      median(own.map((run, round) => pick(run) / pick(others[round] as Run)));
    const rate = (run: Run) => run.rate;
    const cpu = (run: Run) => run.cpu;
    const cells = [
      name,
      middle(rate).toFixed(0),
      middle(cpu).toFixed(1),
      setting.beside,
      ratio(rate).toFixed(2),
      ratio(cpu).toFixed(2),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
