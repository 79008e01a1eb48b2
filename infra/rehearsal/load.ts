/**
 * wrk, creating cars until it is told to stop. Creates only: a generator repeats a read whose connection broke, which hides
 * that a request was dropped.
 */

import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface LoadReport {
  /** Answers of 201. */
  readonly created: number;
  /** Answers of 503: too much for this machine, or no task. */
  readonly refused: number;
  /** Any other answers. */
  readonly other: number;
  /** Connections that broke or were not made, and requests without an answer. */
  readonly broken: number;
}

export interface Load {
  stop(): Promise<LoadReport>;
}

const CONNECTIONS = 12;

/**
 * Milliseconds of rest on each connection between an answer and the next request. What is proved is that a release drops nothing, and a
 * laptop under all the load that it can bear refuses some of it as soon as three more tasks start on the same processors.
 */
const REST = 8;

/** Longer than any rehearsal. */
const FOREVER = '2h';

/** @param key an API key, where the service asks for one. */
export function startLoad(url: string, key: string | undefined): Load {
  const script = join(import.meta.dirname, 'load.lua');
  const child = spawn(
    'wrk',
    ['-t1', `-c${CONNECTIONS}`, `-d${FOREVER}`, '--timeout', '10s', '-s', script, url],
    {
      env: { ...process.env, REST: String(REST), ...(key !== undefined && { CARS_API_KEY: key }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  setPriority(child.pid ?? 0, constants.priority.PRIORITY_BELOW_NORMAL);
  const printed = text(child.stdout);
  return {
    async stop() {
      // It counts to the end on SIGINT.
      child.kill('SIGINT');
      return JSON.parse((await printed).trim().split('\n').at(-1) ?? '');
    },
  };
}
