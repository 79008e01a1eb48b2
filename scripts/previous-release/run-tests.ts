/** A release's own tests, on databases that this checkout has migrated. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LATER_RELEASE } from './find-release.ts';

export interface Outcome {
  readonly passed: number;
  /** The full titles of the tests that failed, and the files that did not run at all. */
  readonly failed: readonly string[];
}

/** As Vitest's reporter `json` writes it. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** @param files what Vitest is to run, of the release's tests. Throws when it left no report. */
export async function runTests(root: string, folder: string, files: readonly string[]): Promise<Outcome> {
  const report = join(folder, 'previous-release.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const tests = spawn('npm', ['test', '--silent', '--', ...reporters, ...files], {
    cwd: folder,
    env: { ...process.env, [LATER_RELEASE]: root },
    stdio: 'inherit',
  });
  await once(tests, 'exit');
  if (!existsSync(report)) throw new Error("the release's tests left no report");
  const { numPassedTests, testResults }: Report = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    return status === 'failed' && tests.length === 0 ? [name.replace(`${folder}/`, '')] : tests;
  });
  return { passed: numPassedTests, failed };
}
