/** Summarises measurements as medians and ratios, and renders them as a Markdown table. */

import type { LoadResult } from './wrk.ts';

export interface Measurement extends LoadResult {
  readonly round: number;
  readonly server: string;
  readonly workload: string;
  readonly connections: number;
  /** Milliseconds that each answer of the database takes longer. */
  readonly away: number;
  /** Microseconds of CPU that the server used for each request. */
  readonly serverCpu: number;
  /** The same of the database server; 0 without one. */
  readonly databaseCpu: number;
  /** Resident MB after the run. */
  readonly memory: number;
}

interface Comparison {
  readonly throughput: number;
  /** CPU for each request, of server and database: the rival's divided by ours. */
  readonly cpu: number;
  readonly p99: number;
}

/** Medians over the rounds; p50 and p99 in milliseconds over the requests of all rounds. */
export interface Summary extends Omit<Measurement, 'round' | 'requests' | 'latencies'> {
  readonly p50: number;
  readonly p99: number;
  /** Undefined when any request of the two servers failed. */
  readonly againstPlain?: Comparison;
  readonly againstPromises?: Comparison;
  readonly againstLimit?: Comparison;
}

/** What was measured, and on what. */
export interface Machine {
  /** Abbreviated. */
  readonly commit: string;
  /** What was typed. */
  readonly command: string;
  readonly node: string;
  readonly database: string;
  readonly cores: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Cars in the database. */
  readonly rows: number;
}

export interface Results {
  readonly machine: Machine;
  readonly summary: readonly Summary[];
}

/** Every server is measured with so many. */
export const USUAL_CONNECTIONS = 64;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** The plain service on the same kind of database. */
function plainRival(server: string): string {
  return server === 'cars-api-sqlite' ? 'better-sqlite3' : 'fastify';
}

export function summarise(measurements: readonly Measurement[]): Summary[] {
  const keyOf = ({ workload, connections, away }: Measurement, server: string) =>
    `${workload} ${connections} ${away} ${server}`;
  const groups = Map.groupBy(measurements, (one) => keyOf(one, one.server));
  return [...groups.values()].map((group) => {
    const first = group[0] as Measurement;
    const { server, workload, connections, away } = first;
    const middle = (pick: (one: Measurement) => number) => median(group.map(pick));
    const against = (rival: string) =>
      rival === server ? undefined : compare(group, groups.get(keyOf(first, rival)));
    const plain = server === 'better-sqlite3' ? undefined : against(plainRival(server));
    const promises = plainRival(server) === 'fastify' ? against('fastify-promises') : undefined;
    const limit = against('limit');
    return {
      server,
      workload,
      connections,
      away,
      requestsPerSecond: middle((one) => one.requestsPerSecond),
      p50: percentile(group, 50),
      p99: percentile(group, 99),
      serverCpu: middle((one) => one.serverCpu),
      databaseCpu: middle((one) => one.databaseCpu),
      memory: middle((one) => one.memory),
      failures: group.reduce((sum, one) => sum + one.failures, 0),
      ...(plain && { againstPlain: plain }),
      ...(promises && { againstPromises: promises }),
      ...(limit && { againstLimit: limit }),
    };
  });
}

/** Compares round by round, so that both were measured at about the same time. */
function compare(
  ours: readonly Measurement[],
  theirs: readonly Measurement[] | undefined,
): Comparison | undefined {
  if (theirs === undefined || [...ours, ...theirs].some((one) => one.failures > 0)) return undefined;
  const ratio = (pick: (one: Measurement) => number) =>
    median(ours.map((one, index) => pick(one) / pick(theirs[index] as Measurement)));
  return {
    throughput: ratio((one) => one.requestsPerSecond),
    cpu: 1 / ratio((one) => one.serverCpu + one.databaseCpu),
    p99: percentile(ours, 99) / percentile(theirs, 99),
  };
}

/** The latency in milliseconds that a percentage of the requests of several runs do not exceed. */
function percentile(runs: readonly Measurement[], percentage: number): number {
  const samples = runs
    .flatMap(({ latencies, requests }) => latencies.map((latency) => ({ latency, weight: requests })))
    .toSorted((a, b) => a.latency - b.latency);
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  let counted = 0;
  for (const { latency, weight } of samples) {
    counted += weight;
    if (counted >= (total * percentage) / 100) return latency / 1000;
  }
  return Number.NaN;
}

const COLUMNS = [
  ...[
    'workload',
    'connections',
    'ms away',
    'server',
    'req/s',
    'p50 ms',
    'p99 ms',
    'server µs',
    'database µs',
  ],
  ...[
    'MB',
    'req/s × plain',
    'CPU × plain',
    'p99 × plain',
    'req/s × promises',
    'CPU × promises',
    'p99 × promises',
  ],
  'req/s × limit',
];

export function renderTables(summary: readonly Summary[]): string {
  const rows = summary.map((one) => {
    const { againstPlain: plain, againstPromises: promises, againstLimit: limit } = one;
    return [
      ...[one.workload, one.connections, one.away || '', one.server],
      ...[one.requestsPerSecond.toFixed(0), one.p50.toFixed(2), one.p99.toFixed(2)],
      ...[one.serverCpu.toFixed(0), one.databaseCpu === 0 ? '' : one.databaseCpu.toFixed(0)],
      ...[one.memory.toFixed(0), one.failures > 0 ? `${one.failures} failed` : ratio(plain?.throughput)],
      ...[ratio(plain?.cpu), ratio(plain?.p99)],
      ...[ratio(promises?.throughput), ratio(promises?.cpu), ratio(promises?.p99), ratio(limit?.throughput)],
    ];
  });
  return renderTable(COLUMNS, rows);
}

export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function ratio(value: number | undefined): string {
  return value?.toFixed(2) ?? '';
}
