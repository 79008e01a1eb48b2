/** Runs the service in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../tools/free-port.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Milliseconds. */
const START_WITHIN = 60_000;

export interface RunningService {
  readonly url: string;
  /** Kills the service with SIGKILL, and starts it again on the same port and database. */
  readonly killAndRestart: () => Promise<void>;
  /** Returns the number of cars of the brand. */
  readonly count: (brand: string) => Promise<number>;
  readonly list: (brand: string) => Promise<readonly unknown[]>;
  /** Stops the process and removes the database. */
  readonly stop: () => Promise<void>;
}

/** @param databaseUrl of an existing database. Default: an embedded one in a temporary folder. */
export async function runService(databaseUrl?: string): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-load-'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl ?? `sqlite:${join(folder, 'cars.db')}`,
  };
  let service = spawnService(env);
  let isStopped = false;
  async function stop(): Promise<void> {
    isStopped = true;
    await end(service, 'SIGTERM');
    await rm(folder, { recursive: true });
  }
  await untilItAnswers(service, url).catch(async (error) => {
    await stop();
    throw error;
  });

  async function get(query: string): Promise<Response> {
    const response = await fetchWithRetries(`${url}/cars?${query}`);
    if (response.status !== 200) throw new Error(`GET /cars?${query} answered ${response.status}`);
    return response;
  }

  return {
    url,
    async killAndRestart() {
      await end(service, 'SIGKILL');
      // When the test has timed out meanwhile, nobody would stop another one.
      if (isStopped) return;
      service = spawnService(env);
      await untilItAnswers(service, url);
    },
    async count(brand) {
      const response = await get(`count=exact&limit=1&brand=${encodeURIComponent(brand)}`);
      return Number(response.headers.get('x-total-count'));
    },
    async list(brand) {
      const cars: unknown = await (await get(`limit=1000&brand=${encodeURIComponent(brand)}`)).json();
      if (!Array.isArray(cars)) throw new Error('GET /cars did not answer a list');
      return cars;
    },
    stop,
  };
}

function spawnService(env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function untilItAnswers(service: ChildProcess, url: string): Promise<void> {
  let log = '';
  for (const stream of [service.stdout, service.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  const begun = performance.now();
  while (performance.now() - begun < START_WITHIN && service.exitCode === null) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    if (response?.ok) return;
    await sleep(50);
  }
  throw new Error(`The service did not start:\n${log}`);
}

async function end(service: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const exited = once(service, 'exit');
  service.kill(signal);
  await exited;
}
