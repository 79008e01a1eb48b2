/**
 * Old code on a newer schema: where `TEST_LATER_RELEASE` names the checkout of a later release, that one's `migrate` makes the
 * databases of the tests fit, and this release's own code has to work with what it finds
 * (docs/decisions/0013-expand-then-contract.md).
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestFile } from './test-database.ts';

const checkout = process.env['TEST_LATER_RELEASE'];

/** The database that a test gets for the one it asked for. */
export interface FitDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * Lets the later release migrate a database, if there is a later release. One in memory, which no other process could reach,
 * is a file then.
 */
export async function migrateByLaterRelease(asked: string): Promise<FitDatabase> {
  if (checkout === undefined) return { url: asked, drop: async () => {} };
  const { url, drop } = asked === 'sqlite::memory:' ? createTestFile() : { url: asked, drop: async () => {} };
  await promisify(execFile)(process.execPath, [join(checkout, 'src/commands/migrate.ts')], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url, LOG_LEVEL: 'warn' },
  });
  return { url, drop };
}
