/** Opens a database as the service does, with other migrations than the service's own. */

import { parseConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import { readMigrations } from '../../src/database/migrations.ts';
import { openMysql } from '../../src/database/mysql/open-mysql.ts';
import { openSqlite } from '../../src/database/sqlite/open-sqlite.ts';
import { superviseSchema } from '../../src/database/supervise-schema.ts';
import { createLog } from '../../src/observability/log.ts';

/** @param folder the migrations to know. */
export function openWithMigrations(url: string, folder: string, mayMigrate = true): Database {
  const { database } = parseConfig({ DATABASE_URL: url });
  const engine = database.engine === 'mysql' ? openMysql(database) : openSqlite(database);
  return superviseSchema(engine, readMigrations(folder, database.engine), mayMigrate, createLog('silent'));
}
