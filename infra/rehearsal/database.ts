/** Starts MySQL in a container, with the master user that RDS would create. */

import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE } from '../platform/contract.ts';
import { docker, tryDocker } from './docker.ts';

const IMAGE = 'mysql:8.4';

const TIMEOUT_SECONDS = 120;

/**
 * Resolves when the database answers; its host name in the network is `database`.
 *
 * @param signal aborted by Ctrl-C.
 */
export async function startDatabase(
  name: string,
  network: string,
  password: string,
  signal: AbortSignal,
): Promise<void> {
  await docker(
    'run',
    '--detach',
    ...['--name', name, '--network', network, '--network-alias', 'database', '--stop-timeout', '30'],
    ...['--env', `MYSQL_ROOT_PASSWORD=${password}`, '--env', `MYSQL_DATABASE=${DATABASE.name}`],
    IMAGE,
  );
  const master = `'${DATABASE.master}'@'%'`;
  const sql = `CREATE USER ${master} IDENTIFIED BY '${password}'; GRANT ALL PRIVILEGES ON *.* TO ${master} WITH GRANT OPTION`;
  for (let second = 0; second < TIMEOUT_SECONDS; second += 1) {
    const { error } = await tryDocker(
      'exec',
      name,
      'mysql',
      '--protocol=tcp',
      '--host=127.0.0.1',
      '--user=root',
      `--password=${password}`,
      '--execute',
      sql,
    );
    if (error === null) return;
    await sleep(1000, undefined, { signal });
  }
  throw new Error(`MySQL does not answer after ${TIMEOUT_SECONDS} s`);
}
