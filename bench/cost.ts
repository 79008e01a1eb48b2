/**
 * What each thing that can be turned on costs: the service with it beside the service without, in turn, on the database of
 * `bench/run.ts`. `npm run bench:cost`; needs wrk. Prints requests a second and CPU time a request, each as medians of the
 * quotients of each round; CPU time is the better measure where others use the machine. Options:
 *
 *     --rounds 5  --seconds 3  --connections 64  --workloads one-id,mixed  --settings logs,emf  --rows 10000
 */

import { parseArgs } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { findFreePort } from '../test/support/free-port.ts';
import { fillOurs, readCars } from './data.ts';
import { provideDatabase } from './database.ts';
import { median } from './report.ts';
import { cpuSeconds, type Server, startServer } from './servers.ts';
import { runWrk } from './wrk.ts';

const BARE = { LOG_LEVEL: 'error' };
const LOGS = { LOG_LEVEL: 'info' };

/** Each name is a row of the table: what is set, and beside which other row it is put. */
const SETTINGS: Readonly<
  Record<string, { readonly env: Readonly<Record<string, string>>; readonly beside: string }>
> = {
  bare: { env: BARE, beside: 'bare' },
  logs: { env: LOGS, beside: 'bare' },
  emf: { env: { ...LOGS, METRICS: 'emf' }, beside: 'bare' },
  prometheus: { env: { ...LOGS, METRICS_PORT: String(await findFreePort()) }, beside: 'bare' },
  // Nothing listens there: the spans are made, and thrown away.
  traces: { env: { ...LOGS, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, beside: 'logs' },
  'traces-of-1-in-100': {
    env: {
      ...LOGS,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.01',
    },
    beside: 'logs',
  },
};

const NOTHING = { rate: Number.NaN, cpu: Number.NaN };

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    workloads: { type: 'string', default: 'one-id,mixed' },
    settings: { type: 'string', default: Object.keys(SETTINGS).join(',') },
    rows: { type: 'string', default: '10000' },
  },
});
const [rounds, seconds, connections, rows] = [
  values.rounds,
  values.seconds,
  values.connections,
  values.rows,
].map(Number) as [number, number, number, number];
const asked = values.settings.split(',');
const names = Object.keys(SETTINGS).filter((name) =>
  asked.some((one) => one === name || SETTINGS[one]?.beside === name),
);

const database = await provideDatabase();
const urls = { ours: `${database.url}/bench_cost`, peers: '' };
const servers = new Map<string, Server>();
try {
  const connection = await createConnection(`${database.url}/`);
  await connection.query('DROP DATABASE IF EXISTS bench_cost');
  await connection.query('CREATE DATABASE bench_cost');
  await connection.end();
  for (const name of names) {
    const server = await startServer('cars-api', urls, '/readyz', SETTINGS[name]?.env);
    if (servers.size === 0) await fillOurs(server.url, await readCars(rows));
    servers.set(name, server);
  }
  for (const workload of values.workloads.split(',')) await measure(workload);
} finally {
  for (const server of servers.values()) server.process.kill();
  await database.stop();
}

interface Run {
  readonly rate: number;
  /** Microseconds of CPU for each request. */
  readonly cpu: number;
}

async function measure(workload: string): Promise<void> {
  const runs = new Map<string, Run[]>(names.map((name) => [name, []]));
  // The first round only warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [
      name,
      {
        url,
        process: { pid = 0 },
      },
    ] of servers) {
      const cpuBefore = cpuSeconds(pid);
      const { requestsPerSecond, failures } = await runWrk({ url, workload, connections, seconds, rows });
      if (failures > 0) process.stderr.write(`${workload} ${name}: ${failures} failures\n`);
      const cpu = ((cpuSeconds(pid) - cpuBefore) * 1e6) / (requestsPerSecond * seconds);
      if (round > 0) runs.get(name)?.push({ rate: requestsPerSecond, cpu });
    }
  }
  process.stdout.write(
    `\n| ${workload} | req/s | CPU µs | beside | req/s × | CPU × |\n|---|---|---|---|---|---|\n`,
  );
  for (const name of names) {
    const beside = SETTINGS[name]?.beside ?? 'bare';
    const own = runs.get(name) ?? [];
    const others = runs.get(beside) ?? [];
    const middle = (pick: (run: Run) => number) => median(own.map(pick));
    const ratio = (pick: (run: Run) => number) =>
      median(own.map((run, round) => pick(run) / pick(others[round] ?? NOTHING)));
    const rate = (run: Run) => run.rate;
    const cpu = (run: Run) => run.cpu;
    const cells = [
      name,
      middle(rate).toFixed(0),
      middle(cpu).toFixed(1),
      beside,
      ratio(rate).toFixed(2),
      ratio(cpu).toFixed(2),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
