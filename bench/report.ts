/** Summarises measurements as medians and ratios, and renders them as a Markdown table. */

import type { LoadResult } from './wrk.ts';

export interface Measurement extends LoadResult {
  readonly round: number;
  readonly server: string;
  readonly workload: string;
  readonly connections: number;
  /** CPU seconds per second. */
  readonly cpu: number;
  /** Resident MB after the run. */
  readonly memory: number;
}

/** Medians over the rounds. */
export interface Summary extends Omit<Measurement, 'round'> {
  /** Medians of the ratios of each round; undefined when any request of the two servers failed. */
  readonly againstFastify?: { readonly throughput: number; readonly p50: number; readonly p99: number };
  readonly againstLimit?: { readonly throughput: number };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

export function summarise(measurements: readonly Measurement[]): Summary[] {
  const groups = Map.groupBy(measurements, (one) => `${one.workload} ${one.connections} ${one.server}`);
  return [...groups.values()].map((group) => {
    const { workload, connections, server } = group[0] as Measurement;
    const middle = (pick: (one: Measurement) => number) => median(group.map(pick));
    const rivals = (name: string) => groups.get(`${workload} ${connections} ${name}`);
    const fastify = server === 'fastify' ? undefined : compare(group, rivals('fastify'));
    const limit = server === 'limit' ? undefined : compare(group, rivals('limit'));
    return {
      server,
      workload,
      connections,
      requestsPerSecond: middle((one) => one.requestsPerSecond),
      p50: middle((one) => one.p50),
      p99: middle((one) => one.p99),
      cpu: middle((one) => one.cpu),
      memory: middle((one) => one.memory),
      failures: group.reduce((sum, one) => sum + one.failures, 0),
      ...(fastify && { againstFastify: fastify }),
      ...(limit && { againstLimit: { throughput: limit.throughput } }),
    };
  });
}

/** Compares round by round, so that both were measured at about the same time. */
function compare(ours: readonly Measurement[], theirs: readonly Measurement[] | undefined) {
  if (theirs === undefined || [...ours, ...theirs].some((one) => one.failures > 0)) return undefined;
  const ratio = (pick: (one: Measurement) => number) =>
    median(ours.map((one, index) => pick(one) / pick(theirs[index] as Measurement)));
  return {
    throughput: ratio((one) => one.requestsPerSecond),
    p50: ratio((one) => one.p50),
    p99: ratio((one) => one.p99),
  };
}

export function renderTables(summary: readonly Summary[]): string {
  const head =
    '| workload | connections | server | req/s | p50 ms | p99 ms | CPU | MB | × Fastify | p99 × Fastify | × limit |';
  const rows = summary.map((one) => {
    const failed = one.failures > 0 ? `${one.failures} failed` : '';
    const cells = [
      one.workload,
      one.connections,
      one.server,
      one.requestsPerSecond.toFixed(0),
      one.p50.toFixed(2),
      one.p99.toFixed(2),
      one.cpu.toFixed(2),
      one.memory.toFixed(0),
      one.againstFastify?.throughput.toFixed(2) ?? failed,
      one.againstFastify?.p99.toFixed(2) ?? '',
      one.againstLimit?.throughput.toFixed(2) ?? '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `${[head, head.replace(/[^|]+/g, '---'), ...rows].join('\n')}\n`;
}
