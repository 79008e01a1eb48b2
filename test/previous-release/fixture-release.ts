/**
 * Creates a repository for a test: this code as release v1.0.0, and a later commit that adds a
 * migration.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { withPath } from '../process/start-service.ts';
import { makeFolder } from '../process/temporary-folder.ts';
import { migrationFile } from '../support/migration-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a release is tested with. */
const PARTS = [
  'src',
  'test',
  'scripts',
  'tools',
  'page',
  'client',
  'migrations',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.ts',
  '.gitignore',
];

export interface Repository {
  git(...args: string[]): Promise<string>;
  /** Adds a migration on each engine and commits it. */
  commitMigration(
    sql: { readonly mysql: string; readonly sqlite: string },
    oldestCompatible?: number,
  ): Promise<void>;
  /** Runs `npm run test:previous` there. */
  testPrevious(...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Nothing is committed yet; it is removed when the test ends. */
export function makeRepository(): Repository {
  const folder = makeFolder();
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const person = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  // Here it is a link, which the .gitignore of a folder does not mean.
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');

  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', [...person, ...args], { cwd: folder })).stdout.trim();

  return {
    git,

    async commitMigration(sql, oldestCompatible = 1) {
      for (const [engine, statements] of Object.entries(sql)) {
        const number = readdirSync(join(folder, 'migrations', engine)).length + 1;
        const file = join(folder, 'migrations', engine, `${String(number).padStart(4, '0')}-change.sql`);
        writeFileSync(file, migrationFile(statements, oldestCompatible));
      }
      await git('add', '.');
      await git('commit', '--quiet', '--message', 'feat: a change of the schema');
    },

    async testPrevious(...words) {
      const child = spawn('npm', ['run', '--silent', 'test:previous', '--', ...words], {
        cwd: folder,
        env: withPath({ HOME: '/nonexistent', NO_COLOR: '1', TEST_DATABASE_URL: inject('mysqlUrl') }),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit') as Promise<[number | null]>,
      ]);
      return { code, stdout, stderr };
    },
  };
}

/** A repository in which this code is the release v1.0.0. */
export async function makeRelease(): Promise<Repository> {
  const repository = makeRepository();
  await repository.git('add', '.');
  await repository.git('commit', '--quiet', '--message', 'feat: first');
  await repository.git('tag', 'v1.0.0');
  return repository;
}
