/**
 * The process behind `npm run test:previous`: does the previous release still work once this code's migrations are applied? For
 * that is what it does while a release rolls out, and after a rollback. Exit codes: 0 it does, 1 it does not, 2 it could not be tried,
 * 3 there is no previous release.
 *
 *     npm run test:previous [-- RELEASE [FILE…]]      by default the newest tag v…, and its tests of the HTTP contract
 */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkOut } from './previous-release/check-out.ts';
import { findRelease, NoReleaseError } from './previous-release/find-release.ts';
import { runTests } from './previous-release/run-tests.ts';

const ROOT = join(import.meta.dirname, '..');

// Ctrl-C reaches the tests too; they end, and the folder is removed.
process.on('SIGINT', () => {});
process.exitCode = await main(process.argv.slice(2));

async function main([asked, ...files]: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cars-api-previous-'));
  try {
    const release = findRelease(ROOT, asked);
    say(`Testing ${release} on the schema of ${ROOT}`);
    checkOut(ROOT, release, folder);
    const { passed, failed } = await runTests(ROOT, folder, files.length > 0 ? files : ['test/http/']);
    if (failed.length > 0) {
      say(`${release} does not work with the migrations of this code: ${failed.length} of its tests failed`);
      for (const test of failed) say(`  - ${test}`);
      say('Expand first and contract in a later release: docs/decisions/0013-expand-then-contract.md');
      return 1;
    }
    if (passed === 0) throw new Error(`no test of ${release} ran`);
    say(`${release} works with the migrations of this code: ${passed} of its tests passed`);
    return 0;
  } catch (error) {
    process.stderr.write(`test:previous: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof NoReleaseError ? 3 : 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
