/** The databases of the benchmark: each holds the same cars. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type CarFields, fillPlainFile, fillPlainTable, fillThroughApi } from './data.ts';
import { type DatabaseName, startServer } from './servers.ts';

export interface Databases {
  readonly urlOf: (name: DatabaseName) => string;
  remove(): void;
}

/**
 * Creates and fills databases.
 * @param serverUrl the MySQL server, without a database.
 */
export async function createDatabases(
  serverUrl: string,
  names: ReadonlySet<DatabaseName>,
  cars: readonly CarFields[],
): Promise<Databases> {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-bench-'));
  const urls: Readonly<Record<DatabaseName, string>> = {
    ours: `${serverUrl}/bench_ours`,
    promises: `${serverUrl}/bench_promises`,
    plain: `${serverUrl}/bench_plain`,
    'our-file': `sqlite:${join(folder, 'ours.db')}`,
    'plain-file': join(folder, 'plain.db'),
    none: '',
  };
  await recreate(serverUrl, ['bench_ours', 'bench_promises', 'bench_plain']);
  if (names.has('ours') || names.has('promises')) await fillOurs(urls.ours, cars);
  if (names.has('our-file')) await fillOurs(urls['our-file'], cars);
  if (names.has('promises')) await copyTables(serverUrl, 'bench_ours', 'bench_promises');
  if (names.has('plain')) await fillPlainTable(urls.plain, cars);
  if (names.has('plain-file')) await fillPlainFile(urls['plain-file'], cars);
  return { urlOf: (name) => urls[name], remove: () => rmSync(folder, { recursive: true }) };
}

async function recreate(serverUrl: string, names: readonly string[]): Promise<void> {
  const connection = await createConnection(`${serverUrl}/`);
  for (const name of names) {
    await connection.query(`DROP DATABASE IF EXISTS ${name}`);
    await connection.query(`CREATE DATABASE ${name}`);
  }
  await connection.end();
}

/** Migrates and fills a database through this service. */
async function fillOurs(url: string, cars: readonly CarFields[]): Promise<void> {
  const filler = await startServer('cars-api', url, '/readyz', { LOG_LEVEL: 'error' });
  await fillThroughApi(filler.url, cars);
  const ended = new Promise((resolve) => filler.process.once('exit', resolve));
  filler.process.kill();
  await ended;
}

async function copyTables(serverUrl: string, from: string, to: string): Promise<void> {
  const connection = await createConnection(`${serverUrl}/`);
  const [tables] = await connection.query<RowDataPacket[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?',
    [from],
  );
  for (const { name } of tables) {
    await connection.query(`CREATE TABLE ${to}.${name} LIKE ${from}.${name}`);
    await connection.query(`INSERT INTO ${to}.${name} SELECT * FROM ${from}.${name}`);
  }
  await connection.end();
}
