/** The benchmark's database server: the one that `TEST_DATABASE_URL` names, else one of its own with production's memory. */

import { findServerProgram, startServerProgram } from '../test/support/mysql-binary.ts';
import { provideServer, type SharedServer } from '../test/support/mysql-server.ts';

/** With the tests' 64 MB the tables outgrow the memory within a run, and disks are compared. MariaDB's log, then MySQL's. */
const MEMORY = [
  '--innodb-buffer-pool-size=2G',
  '--loose-innodb-log-file-size=1G',
  '--loose-innodb-redo-log-capacity=1G',
];

export async function provideDatabase(): Promise<SharedServer> {
  const program = findServerProgram();
  if (process.env['TEST_DATABASE_URL'] || program === undefined) return provideServer();
  const server = await startServerProgram(program, MEMORY);
  return { url: server.url, way: program, stop: () => server.stop() };
}
