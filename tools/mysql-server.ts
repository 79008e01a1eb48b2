/** The MySQL server that the tests run on: found, or started by whatever means the machine has. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { findServerProgram, startServerProgram } from './mysql-binary.ts';
import { queryRows, serverVersion } from './mysql-client.ts';
import { hasDocker, startServerContainer } from './mysql-container.ts';
import type { OwnServer } from './own-server.ts';

/** The server that all test files share; each makes databases of its own on it. */
export interface SharedServer {
  /** `mysql://user:password@host:port`, without a database. */
  readonly url: string;
  /** How it was found or started, for people. */
  readonly way: string;
  stop(): Promise<void>;
}

const WHAT_TO_DO = `The tests need a MySQL or MariaDB server and found no way to one. Any of these will do:
  - set TEST_DATABASE_URL=mysql://USER:PASSWORD@HOST:PORT/DATABASE to a server whose user may CREATE DATABASE
  - install a server (mysqld or mariadbd on PATH): apt-get install mariadb-server, brew install mysql
  - start Docker`;

/** Gives the server that `TEST_DATABASE_URL` names, else starts one; says on the terminal which it is. */
export async function provideServer(): Promise<SharedServer> {
  const given = process.env['TEST_DATABASE_URL'];
  const server = given ? await useServer(given) : await startServer();
  say(`The tests use ${await serverVersion(server.url)} (${server.way})`);
  return server;
}

/**
 * Starts a server of one's own, which may be killed, paused and started again: an installed program, else Docker, else
 * (as root on Debian) what apt-get installs. Throws an error that says what to do.
 */
export async function startServer(): Promise<OwnServer> {
  const failures: string[] = [];
  for (const start of [startInstalled, startInDocker, installAndStart]) {
    try {
      const server = await start();
      if (server !== undefined) return server;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      say(`A MySQL server did not start: ${failures.at(-1)}`);
    }
  }
  throw new Error([WHAT_TO_DO, ...failures].join('\n\n'));
}

async function startInstalled(): Promise<OwnServer | undefined> {
  const program = findServerProgram();
  return program === undefined ? undefined : startServerProgram(program);
}

async function startInDocker(): Promise<OwnServer | undefined> {
  if (!(await hasDocker())) return undefined;
  say('Starting MySQL in Docker; the first time downloads its image');
  return startServerContainer();
}

async function installAndStart(): Promise<OwnServer | undefined> {
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!mayInstall || findServerProgram() !== undefined) return undefined;
  say(
    'No MySQL server and no Docker here; installing one: apt-get update && apt-get install -y mariadb-server',
  );
  const commands = 'apt-get update && apt-get install -y mariadb-server';
  const apt = spawn('sh', ['-c', commands], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const [exitCode] = await once(apt, 'exit');
  if (exitCode !== 0) throw new Error(`apt-get ended with ${exitCode}`);
  return startInstalled();
}

async function useServer(given: string): Promise<SharedServer> {
  const url = new URL(given);
  url.pathname = '';
  try {
    await queryRows(url.href, 'CREATE DATABASE IF NOT EXISTS cars_test_permission');
    await queryRows(url.href, 'DROP DATABASE IF EXISTS cars_test_permission');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `TEST_DATABASE_URL must name a MySQL server that answers and a user who may CREATE DATABASE: ${reason}`,
    );
  }
  return { url: url.href, way: 'TEST_DATABASE_URL', stop: async () => {} };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
