/**
 * Runs wrk, which creates cars until it is stopped. It sends only POST, because clients silently
 * retry a GET after a broken connection.
 */

import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface LoadReport {
  /** 201 answers. */
  readonly created: number;
  /** 503 answers: overload, or no task. */
  readonly refused: number;
  /** Other answers. */
  readonly other: number;
  /** Failed or broken connections, and requests without an answer. */
  readonly broken: number;
}

export interface Load extends Disposable {
  /** Rejects when wrk ends before it is stopped. */
  readonly failure: Promise<never>;
  stop(): Promise<LoadReport>;
}

const CONNECTIONS = 12;

/**
 * Milliseconds between an answer and the next request of a connection. Under full load the tasks
 * would shed requests as soon as three more start on the same CPU.
 */
const DELAY = 8;

/** Longer than any rehearsal. */
const FOREVER = '2h';

/** @param key an API key, if the service requires one. */
export function startLoad(url: string, key: string | undefined): Load {
  const script = join(import.meta.dirname, 'load.lua');
  const child = spawn(
    'wrk',
    ['-t1', `-c${CONNECTIONS}`, `-d${FOREVER}`, '--timeout', '10s', '-s', script, url],
    {
      env: { ...process.env, DELAY: String(DELAY), ...(key !== undefined && { CARS_API_KEY: key }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  setPriority(child.pid ?? 0, constants.priority.PRIORITY_BELOW_NORMAL);
  const printed = text(child.stdout);
  let isStopping = false;
  const failure = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (!isStopping) reject(new Error(`the load ended too early: wrk exited with ${signal ?? code}`));
    });
  });
  // Nobody may be waiting for it when it rejects.
  failure.catch(() => {});

  async function readReport(): Promise<LoadReport> {
    return JSON.parse((await printed).trim().split('\n').at(-1) ?? '');
  }

  return {
    failure,
    stop() {
      isStopping = true;
      // wrk prints its report on SIGINT.
      child.kill('SIGINT');
      return Promise.race([failure, readReport()]);
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
