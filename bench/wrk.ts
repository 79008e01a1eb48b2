/** Runs the load generator wrk (https://github.com/wg/wrk) once with a workload. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = join(import.meta.dirname, 'workloads');

/** The files in workloads/. */
export const WORKLOADS = [
  'one-id',
  'first-page',
  'filtered-page',
  'create',
  'update',
  'delete-and-create',
  'mixed',
];

export interface Load {
  readonly url: string;
  /** One of {@link WORKLOADS}. */
  readonly workload: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests use ids from 1 to this. */
  readonly rows: number;
  /** Sent as `Authorization: Bearer` unless empty. */
  readonly credential?: string;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx and 3xx, and failed connections. */
  readonly failures: number;
}

const UNIT: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Throws when wrk is missing or its output cannot be parsed. */
export async function runWrk({
  url,
  workload,
  connections,
  seconds,
  rows,
  credential = '',
}: Load): Promise<LoadResult> {
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    join(FOLDER, `${workload}.lua`),
    url,
  ];
  const env = {
    ...process.env,
    BENCH_ROWS: String(rows),
    BENCH_WORKLOADS: FOLDER,
    BENCH_CREDENTIAL: credential,
  };
  const { stdout } = await promisify(execFile)('wrk', args, { env });
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  const time = (percentile: number) => {
    const [, value, unit] = new RegExp(`^ +${percentile}% +([\\d.]+)(us|ms|s|m)$`, 'm').exec(stdout) ?? [];
    return Number(value) * (UNIT[unit ?? ''] ?? Number.NaN);
  };
  const socketErrors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const failures = [...socketErrors, /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0];
  const result = {
    requestsPerSecond: number(/Requests\/sec: +([\d.]+)/),
    p50: time(50),
    p99: time(99),
    failures: failures.reduce<number>((sum, count) => sum + Number(count), 0),
  };
  if (Object.values(result).some(Number.isNaN)) throw new Error(`cannot parse the output of wrk:\n${stdout}`);
  return result;
}
