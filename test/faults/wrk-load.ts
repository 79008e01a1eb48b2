/**
 * wrk on open connections: half reads, half creates. It does not show dropped reads, because it
 * repeats them.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needs } from './balancer.ts';

export interface WrkReport {
  readonly requests: number;
  /** The number of answers with each status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Connections that broke or were not made. */
  readonly broken: number;
  /** Answers that took more than 2 s; wrk calls them timeouts, but waits for them. */
  readonly late: number;
}

export const CONNECTIONS = 64;

const run = promisify(execFile);

export async function runWrkLoad(url: string, seconds: number): Promise<WrkReport> {
  needs('wrk', '-v');
  const script = join(import.meta.dirname, 'wrk-load.lua');
  const { stdout } = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
