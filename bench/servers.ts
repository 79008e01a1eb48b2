/** Starts the servers of the benchmark, and reads the CPU time and memory of their processes. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithThisProcess } from '../tools/end-with-this-process.ts';
import { findFreePort } from '../tools/free-port.ts';

export interface Server {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

export interface ServerUrls {
  /** The database of this service, migrated and filled. */
  readonly ours: string;
  /** The database of the peers: a plain table with the same cars. */
  readonly peers: string;
}

const peer = (file: string) => ['node', join(import.meta.dirname, 'peers', file)];

/** This service runs as in production, with request log, request ids and security headers. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'cars-api': ['node', join(import.meta.dirname, '../src/main.ts')],
  fastify: peer('fastify.ts'),
  express: peer('express.ts'),
  hono: peer('hono.ts'),
  flask: [
    'gunicorn',
    '--chdir',
    join(import.meta.dirname, 'peers'),
    '--workers',
    '2',
    '--threads',
    '16',
    'flask_peer:app',
  ],
  limit: peer('limit.ts'),
};

export const SERVERS = Object.keys(COMMANDS);

/** Whether a server can run on this machine: Flask needs Python packages. */
export function isAvailable(name: string): boolean {
  return name !== 'flask' || spawnSync('python3', ['-c', 'import flask, gunicorn, pymysql']).status === 0;
}

/**
 * Starts a server and waits until it answers `GET ready`.
 * @param settings additional environment variables.
 */
export async function startServer(
  name: string,
  urls: ServerUrls,
  ready = '/cars/1',
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const [program = '', ...args] = COMMANDS[name] ?? [];
  if (name === 'flask') args.unshift('--bind', `127.0.0.1:${port}`);
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: urls.ours,
    PEER_DATABASE_URL: urls.peers,
    ...settings,
  };
  const child = endWithThisProcess(spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answered = await fetch(`${url}${ready}`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return { name, url, process: child };
    await sleep(50);
  }
  child.kill();
  throw new Error(`${name} did not answer GET ${ready} within 10 s`);
}

/** Returns the CPU seconds that a process has used; Linux counts in hundredths. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Returns the resident memory in MB. */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
}
