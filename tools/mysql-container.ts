/** A MySQL server in Docker, on a free port of 127.0.0.1. */

import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { findFreePort } from './free-port.ts';
import { untilItAnswers } from './mysql-client.ts';
import { ACCOUNT, type OwnServer, SETTINGS, urlOf } from './own-server.ts';

const IMAGE = 'mysql:8.4';

const run = promisify(execFile);

/** True when a Docker engine answers. */
export async function hasDocker(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

export async function startServerContainer(): Promise<OwnServer> {
  const port = await findFreePort();
  const url = urlOf(port);
  const name = `cars-api-test-${randomUUID()}`;
  const docker = async (...args: string[]) => void (await run('docker', args));
  // However this process ends, the container ends with it.
  const onExit = () => void execFileSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore' });
  const answers = () => untilItAnswers(url, () => undefined);

  const server: OwnServer = {
    url,
    port,
    way: `Docker, ${IMAGE}`,
    kill: () => docker('kill', name),
    async start() {
      await docker('start', name);
      await answers();
    },
    pause: () => docker('pause', name),
    resume: () => docker('unpause', name),
    async stop() {
      process.removeListener('exit', onExit);
      await docker('rm', '--force', '--volumes', name);
    },
  };

  process.once('exit', onExit);
  try {
    const published = ['--publish', `127.0.0.1:${port}:3306`];
    const account = ['--env', `MYSQL_ROOT_PASSWORD=${ACCOUNT.password}`];
    await docker('run', '--detach', '--name', name, ...published, ...account, IMAGE, ...SETTINGS);
    await answers();
    return server;
  } catch (error) {
    await server.stop().catch(() => {});
    throw error;
  }
}
