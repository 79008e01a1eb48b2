/** Starts the servers of the benchmark, and reads the CPU time and memory of their processes. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithThisProcess } from '../tools/end-with-this-process.ts';
import { findFreePort } from '../tools/free-port.ts';
import { residentMemory } from '../tools/resident-memory.ts';

export interface Server {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

/**
 * What a server stores its cars in. `ours` is migrated by this service; `promises` is a copy of it, for a peer with the
 * same schema; `plain` is one table with the index that the peers' queries need. The other two are files of SQLite.
 */
export type DatabaseName = 'ours' | 'promises' | 'plain' | 'our-file' | 'plain-file' | 'none';

interface Program {
  readonly command: readonly string[];
  readonly database: DatabaseName;
}

const OURS = ['node', join(import.meta.dirname, '../src/main.ts')];
const peer = (file: string) => ['node', join(import.meta.dirname, 'peers', file)];

/** This service runs as in production, with request log, request ids, security headers and the audit trail. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  'cars-api': { command: OURS, database: 'ours' },
  fastify: { command: peer('fastify.ts'), database: 'plain' },
  'fastify-promises': { command: peer('fastify-promises.ts'), database: 'promises' },
  express: { command: peer('express.ts'), database: 'plain' },
  hono: { command: peer('hono.ts'), database: 'plain' },
  flask: {
    command: [
      'gunicorn',
      '--chdir',
      join(import.meta.dirname, 'peers'),
      '--workers',
      '2',
      '--threads',
      '16',
      'flask_peer:app',
    ],
    database: 'plain',
  },
  'cars-api-sqlite': { command: OURS, database: 'our-file' },
  'better-sqlite3': { command: peer('better-sqlite3.ts'), database: 'plain-file' },
  limit: { command: peer('limit.ts'), database: 'none' },
};

export const SERVERS = Object.keys(PROGRAMS);

export function databaseOf(server: string): DatabaseName {
  return PROGRAMS[server]?.database ?? 'none';
}

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
  databaseUrl: string,
  ready = '/cars/1',
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  return startProgram(name, PROGRAMS[name]?.command ?? [], databaseUrl, ready, settings);
}

/** Starts a server by its command line, as {@link startServer} does. */
export async function startProgram(
  name: string,
  [program = '', ...given]: readonly string[],
  databaseUrl: string,
  ready: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [...given];
  if (name === 'flask') args.unshift('--bind', `127.0.0.1:${port}`);
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    ...settings,
  };
  const child = endWithThisProcess(spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const answered = await fetch(`${url}${ready}`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return { name, url, process: child };
    await sleep(50);
  }
  child.kill();
  throw new Error(`${name} did not answer GET ${ready} within 20 s`);
}

/** Returns the CPU seconds that a process and its children have used; Linux counts in hundredths. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const own = (Number(fields[11]) + Number(fields[12])) / 100;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
}

/** Returns the resident memory of a process and its children in MB. */
export function memoryInAll(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + memoryInAll(child), residentMemory(pid));
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
