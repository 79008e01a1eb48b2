/** Opens the configured engine. No other file knows that there are two. */

import { join } from 'node:path';
import type { DatabaseConfig } from '../config/database.ts';
import type { Log } from '../observability/log.ts';
import { packageRoot } from '../package.ts';
import type { Database, Engine } from './database.ts';
import { readMigrations } from './migrations.ts';
import { superviseSchema } from './supervise-schema.ts';

export async function openDatabase(config: DatabaseConfig, log: Log): Promise<Database> {
  const folder = join(packageRoot, 'migrations', config.engine);
  return superviseSchema(
    await openEngine(config),
    readMigrations(folder, config.engine),
    config.migrateOnStart,
    log,
  );
}

/**
 * Loads only the engine that is used: the other one's driver would cost start-up time and memory.
 */
async function openEngine(config: DatabaseConfig): Promise<Engine> {
  if (config.engine === 'mysql') return (await import('./mysql/open-mysql.ts')).openMysql(config);
  return (await import('./sqlite/open-sqlite.ts')).openSqlite(config);
}
