/**
 * `npm run test:previous`: tests that the previous release works on this code's schema, as it must during a rollout
 * and after a rollback.
 */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOut } from './previous-release/check-out.ts';
import { findRelease, NoReleaseError } from './previous-release/find-release.ts';
import { runTests } from './previous-release/run-tests.ts';

const HELP = `Usage: npm run test:previous [-- RELEASE [FILE…]]

Checks out a release, applies this code's migrations, and runs the release's own tests on that schema.

  RELEASE  a git tag or commit. Default: the newest tag v… before the current commit
  FILE…    test files of that release, or folders. Default: test/http/

Example
  npm run test:previous -- v1.2.0 test/http/lists.test.ts

Exit codes
  0  the release works
  1  some of its tests failed
  2  the tests could not run
  3  there is no previous release that can be tested
`;

const ROOT = join(import.meta.dirname, '..');

// On Ctrl-C the tests stop too; this process stays to remove the folder.
process.on('SIGINT', () => {});
process.exitCode = await main(process.argv.slice(2));

async function main([requested, ...files]: readonly string[]): Promise<number> {
  if (requested === '--help') {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cars-api-previous-'));
  try {
    const release = findRelease(ROOT, requested);
    print(`Testing ${release} on the schema of ${ROOT}`);
    checkOut(ROOT, release, folder);
    const { passed, failed } = await runTests(ROOT, folder, files.length > 0 ? files : ['test/http/']);
    if (failed.length > 0) {
      print(`${release} does not work with this code's migrations: ${failed.length} of its tests failed`);
      for (const test of failed) print(`  - ${test}`);
      print(
        'How to fix it: expand first, and contract in a later release. See docs/decisions/0013-expand-then-contract.md',
      );
      return 1;
    }
    if (passed === 0) throw new Error(`no test of ${release} ran`);
    print(`${release} works with this code's migrations: ${passed} of its tests passed`);
    return 0;
  } catch (error) {
    process.stderr.write(`test:previous: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof NoReleaseError ? 3 : 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
