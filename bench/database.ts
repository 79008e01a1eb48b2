/** The benchmark's database server: the one that `TEST_DATABASE_URL` names, else one of its own as in production. */

import { findServerProgram, startServerProgram } from '../tools/mysql-binary.ts';
import { provideServer, type SharedServer } from '../tools/mysql-server.ts';

/**
 * Unlike the tests' servers: memory for the tables, which else outgrow it within a run (the log's size by MariaDB's name,
 * then by MySQL's), and a commit that is on the disk before it is acknowledged, the default of both makes.
 */
const PRODUCTION = [
  '--innodb-buffer-pool-size=2G',
  '--loose-innodb-log-file-size=1G',
  '--loose-innodb-redo-log-capacity=1G',
  '--innodb-flush-log-at-trx-commit=1',
];

export async function provideDatabase(): Promise<SharedServer> {
  const program = findServerProgram();
  if (process.env['TEST_DATABASE_URL'] || program === undefined) return provideServer();
  const server = await startServerProgram(program, PRODUCTION);
  return { url: server.url, way: program, stop: () => server.stop() };
}
