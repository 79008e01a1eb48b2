/**
 * Tests `npm run test:previous` on releases made for it (docs/decisions/0013-expand-then-
 * contract.md).
 */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeRelease, makeRepository } from './fixture-release.ts';

/**
 * Few of the release's tests, so that this takes seconds: each runs on both engines and writes,
 * reads and lists.
 */
const FILES = ['test/http/readme-calls.test.ts', 'test/http/conditional-requests.test.ts'];

describe('the previous release, on the schema of the next one', () => {
  it('passes if the schema was only expanded', async () => {
    const repository = await makeRelease();
    const add = 'ALTER TABLE cars ADD COLUMN colour';
    await repository.commitMigration({ mysql: `${add} VARCHAR(20) NULL;`, sqlite: `${add} TEXT;` });
    const { code, stdout } = await repository.testPrevious('v1.0.0', ...FILES);
    expect(stdout).toMatch(/v1\.0\.0 works with this code's migrations: \d+ of its tests passed/);
    expect(code).toBe(0);
  });

  it('fails if a column was renamed, and lists the failed tests', async () => {
    const repository = await makeRelease();
    const rename = 'ALTER TABLE cars RENAME COLUMN model TO type;';
    await repository.commitMigration({ mysql: rename, sqlite: rename });
    const { code, stdout } = await repository.testPrevious('v1.0.0', ...FILES);
    expect(stdout).toContain("v1.0.0 does not work with this code's migrations");
    expect(stdout).toMatch(/^ {2}- .*SQLite/m);
    expect(stdout).toMatch(/^ {2}- .*MySQL/m);
    expect(code).toBe(1);
  });

  it('fails if a required column was added on one engine', async () => {
    const repository = await makeRelease();
    await repository.commitMigration({
      mysql: 'ALTER TABLE cars ADD COLUMN colour VARCHAR(20) NOT NULL;',
      sqlite: 'SELECT 1;',
    });
    const { code, stdout } = await repository.testPrevious('v1.0.0', ...FILES);
    expect(stdout).toMatch(/^ {2}- .*MySQL/m);
    expect(stdout).not.toMatch(/^ {2}- .*SQLite/m);
    expect(code).toBe(1);
  });

  it('fails if the migration declares that it needs newer code', async () => {
    const repository = await makeRelease();
    const known = readdirSync('migrations/sqlite').length;
    await repository.commitMigration({ mysql: 'SELECT 1;', sqlite: 'SELECT 1;' }, known + 1);
    const { code, stderr } = await repository.testPrevious('v1.0.0', ...FILES);
    const change = `${String(known + 1).padStart(4, '0')}-change`;
    expect(stderr).toContain(`that this service (schema version ${known}) cannot work with: ${change}`);
    expect(code).toBe(1);
  });
});

describe('npm run test:previous', () => {
  it('exits with 3 if there is no release before this commit', async () => {
    const { code, stderr } = await (await makeRelease()).testPrevious();
    expect(stderr).toContain('there is no previous release');
    expect(code).toBe(3);
  });

  it("exits with 3 if the release's tests cannot run on another schema", async () => {
    const repository = makeRepository();
    await repository.git('add', 'src', 'migrations', 'package.json');
    await repository.git('commit', '--quiet', '--message', 'feat: old');
    await repository.git('tag', 'v0.9.0');
    await repository.commitMigration({ mysql: 'SELECT 1;', sqlite: 'SELECT 1;' });
    const { code, stderr } = await repository.testPrevious();
    expect(stderr).toContain('the tests of v0.9.0 cannot run on another schema');
    expect(code).toBe(3);
  });

  it('exits with 2 if the release does not exist, or none of its tests ran', async () => {
    const repository = await makeRelease();
    expect(await repository.testPrevious('v7.0.0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('git has no tag or commit "v7.0.0"'),
    });
    expect(await repository.testPrevious('v1.0.0', 'test/http/none.test.ts')).toMatchObject({ code: 2 });
  });
});
