/**
 * A process that opens the database of `DATABASE_URL`, brings its schema up to date, and closes it. It says when it is
 * loaded and starts at the first word on its input, so that several can start together.
 *
 *     node test/support/open-and-close.ts [folder of migrations]
 */

import { once } from 'node:events';
import { parseConfig } from '../../src/config/config.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { createLog } from '../../src/observability/log.ts';
import { openWithMigrations } from './open-with-migrations.ts';

const [, , folder] = process.argv;
process.stdout.write('loaded\n');
await once(process.stdin, 'data');
process.stdin.destroy();

const database =
  folder === undefined
    ? await openDatabase(parseConfig(process.env).database, createLog('info'))
    : openWithMigrations(process.env['DATABASE_URL'] ?? '', folder);
await database.start();
await database.close();
