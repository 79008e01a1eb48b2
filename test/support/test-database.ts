/** Databases for one test: a new one on the shared MySQL server, a new file for SQLite. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inject } from 'vitest';
import { queryRows } from '../../tools/mysql-client.ts';

export interface TestDatabase {
  /** What `DATABASE_URL` takes. */
  readonly url: string;
  /** Runs one statement beside the service; gives its rows. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/**
 * Creates an empty database with a name of its own.
 * @param serverUrl where; by default the server that all test files share.
 */
export async function createTestDatabase(serverUrl: string = inject('mysqlUrl')): Promise<TestDatabase> {
  const name = `cars_test_${randomBytes(8).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = name;
  await queryRows(serverUrl, `CREATE DATABASE ${name}`);
  return {
    url: url.href,
    query: (sql) => queryRows(url.href, sql),
    drop: async () => void (await queryRows(serverUrl, `DROP DATABASE ${name}`)),
  };
}

/** Names a file, not yet made, in a folder of its own. */
export function createTestFile(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-sqlite-'));
  const path = join(folder, 'cars.db');
  return {
    url: `sqlite:${path}`,
    async query(sql) {
      const connection = new DatabaseSync(path, { timeout: 5000 });
      try {
        return connection.prepare(sql).all();
      } finally {
        connection.close();
      }
    },
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
