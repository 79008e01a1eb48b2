/** Runs the load generator wrk (https://github.com/wg/wrk) once with a workload. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = join(import.meta.dirname, 'workloads');

/** The files in workloads/. */
export const WORKLOADS = [
  'one-id',
  'first-page',
  'first-page-gzip',
  'first-page-unchanged',
  'filtered-page',
  'create',
  'create-keyed',
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
  /** Sent as `If-None-Match` by the workload `first-page-unchanged`. */
  readonly etag?: string;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Microseconds at 0.05, 0.15, … 99.95 %. */
  readonly latencies: readonly number[];
  /** Answers other than 2xx and 3xx, and failed connections. */
  readonly failures: number;
}

/** Throws when wrk is missing or its output cannot be parsed. */
export async function runWrk({
  url,
  workload,
  connections,
  seconds,
  rows,
  credential = '',
  etag = '',
}: Load): Promise<LoadResult> {
  const script = join(FOLDER, `${workload}.lua`);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  const env = {
    ...process.env,
    BENCH_ROWS: String(rows),
    BENCH_WORKLOADS: FOLDER,
    BENCH_CREDENTIAL: credential,
    BENCH_ETAG: etag,
  };
  const { stdout } = await promisify(execFile)('wrk', args, { env });
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  const socketErrors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const failures = [...socketErrors, /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0];
  const result = {
    requestsPerSecond: number(/Requests\/sec: +([\d.]+)/),
    requests: number(/(\d+) requests in/),
    latencies: (/^Latencies: (.+)$/m.exec(stdout)?.[1] ?? '').split(' ').map(Number),
    failures: failures.reduce<number>((sum, count) => sum + Number(count), 0),
  };
  if (Object.values(result).flat().some(Number.isNaN))
    throw new Error(`cannot parse the output of wrk:\n${stdout}`);
  return result;
}
