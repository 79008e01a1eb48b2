/** Runs a release's own tests on databases migrated by this checkout. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LATER_RELEASE } from './find-release.ts';

export interface Outcome {
  readonly passed: number;
  /** Full titles of failed tests, and names of files that did not run. */
  readonly failed: readonly string[];
}

/** The output of Vitest's reporter `json`. */
interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** @param files the release's test files or folders. Throws when Vitest wrote no report. */
export async function runTests(root: string, folder: string, files: readonly string[]): Promise<Outcome> {
  const report = join(folder, 'previous-release.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const tests = spawn('npm', ['test', '--silent', '--', ...reporters, ...files], {
    cwd: folder,
    env: { ...process.env, [LATER_RELEASE]: writeMigrateCommand(root, join(folder, 'later')) },
    stdio: 'inherit',
  });
  await once(tests, 'exit');
  if (!existsSync(report)) throw new Error("the release's tests wrote no report");
  const { numPassedTests, testResults }: Report = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName);
    return status === 'failed' && tests.length === 0 ? [name.replace(`${folder}/`, '')] : tests;
  });
  return { passed: numPassedTests, failed };
}

/** Where the tests of each release look for the migrate command of a later one. */
const MIGRATE_COMMANDS = ['src/migrate.ts', 'src/commands/migrate.ts'];

/** Puts this checkout's migrate command where the tests of older releases expect it. Returns `folder`. */
function writeMigrateCommand(root: string, folder: string): string {
  const command = pathToFileURL(join(root, 'src/commands/migrate.ts')).href;
  for (const file of MIGRATE_COMMANDS) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `import ${JSON.stringify(command)};\n`);
  }
  return folder;
}
