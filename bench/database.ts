/**
 * Provides the benchmark's database server: the one in `TEST_DATABASE_URL`, or a new one set up
 * like production.
 */

import { readFileSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { findServerProgram, startServerProgram } from '../tools/mysql-binary.ts';
import { provideServer, type SharedServer } from '../tools/mysql-server.ts';

/**
 * The tests' servers are tuned for speed; this one is not. Its tables fit in memory, and each
 * commit is flushed to disk. The log size has a name in MariaDB and another in MySQL.
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

/** The process id of a server on this machine. */
export async function findDatabaseProcess(url: string): Promise<number> {
  const connection = await createConnection(`${url}/`);
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT @@global.pid_file AS file');
  await connection.end();
  return Number(readFileSync(row?.['file'], 'utf8'));
}
