/** A MySQL server from an installed `mysqld` or `mariadbd`, on a temporary folder and a free port. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';
import { findFreePort } from './free-port.ts';
import { untilItAnswers } from './mysql-client.ts';
import { ACCOUNT, type OwnServer, SETTINGS, urlOf } from './own-server.ts';

const run = promisify(execFile);

/** Debian keeps servers here, which is not on every user's PATH. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/bin'];

/** The programs refuse to run as root unless they are told to. */
const AS_ROOT = process.getuid?.() === 0 ? ['--user=root'] : [];

/** An installed server program, or nothing. `mysqld` may in truth be MariaDB; only its version tells. */
export function findServerProgram(): string | undefined {
  return findProgram(['mysqld', 'mariadbd'], MORE_FOLDERS);
}

/**
 * Starts the program on a new folder. Throws with the end of its log when it does not come up.
 * @param more options beside {@link SETTINGS}, of which the last one of a name counts.
 */
export async function startServerProgram(program: string, more: readonly string[] = []): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-mysql-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    await initialise(program, folder);
    const server = createServer(program, folder, await findFreePort(), more);
    await server.start();
    return server;
  } catch (error) {
    removeFolder();
    throw error;
  }
}

async function initialise(program: string, folder: string): Promise<void> {
  const { user, password } = ACCOUNT;
  const accounts = ['localhost', '127.0.0.1', '%'].map(
    (host) => `
      CREATE USER IF NOT EXISTS '${user}'@'${host}';
      ALTER USER '${user}'@'${host}' IDENTIFIED BY '${password}';
      GRANT ALL ON *.* TO '${user}'@'${host}' WITH GRANT OPTION;`,
  );
  // A file of SQL for the server must have one statement on a line.
  writeFileSync(join(folder, 'accounts.sql'), accounts.join('').replaceAll(/\n\s*/g, '\n').trimStart());
  const { stdout } = await run(program, ['--version']);
  // Servers remove what they take for left-over tables in their folder of temporary files.
  const asUser = [...AS_ROOT, `--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`];
  if (!stdout.includes('MariaDB')) {
    await run(program, ['--no-defaults', '--initialize-insecure', ...asUser]);
    return;
  }
  const installer = findProgram(['mariadb-install-db', 'mysql_install_db'], MORE_FOLDERS);
  if (installer === undefined) throw new Error(`${program} is there, but not mariadb-install-db`);
  await run(installer, [
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...asUser,
  ]);
}

function createServer(program: string, folder: string, port: number, more: readonly string[]): OwnServer {
  const url = urlOf(port);
  const logFile = join(folder, 'server.log');
  const options = [
    '--no-defaults',
    ...AS_ROOT,
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    `--init-file=${join(folder, 'accounts.sql')}`,
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    ...SETTINGS,
    ...more,
  ];
  let child: ChildProcess | undefined;

  const hasEnded = () => child === undefined || child.exitCode !== null || child.signalCode !== null;
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // However this process ends, the server ends with it.
  const onExit = () => {
    child?.kill('SIGKILL');
    removeFolder();
  };
  process.once('exit', onExit);

  async function kill(): Promise<void> {
    if (child === undefined || hasEnded()) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  return {
    url,
    port,
    way: program,
    kill,
    async start() {
      const log = openSync(logFile, 'a');
      child = spawn(program, options, { stdio: ['ignore', log, log] });
      closeSync(log);
      await once(child, 'spawn');
      await untilItAnswers(url, () =>
        hasEnded()
          ? `${program} ended; the end of its log:\n${readFileSync(logFile, 'utf8').slice(-2000)}`
          : undefined,
      );
    },
    async pause() {
      child?.kill('SIGSTOP');
      // The signal reaches all its threads a moment later.
      await sleep(100);
    },
    async resume() {
      child?.kill('SIGCONT');
    },
    async stop() {
      process.removeListener('exit', onExit);
      await kill();
      removeFolder();
    },
  };
}
