/** Runs the compiler and the tests in a scratch copy, and names the first failure. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The tests that know every field. Other HTTP tests send cars with the old fields. */
export const TESTS = [
  'test/architecture.test.ts',
  'test/dockerfile.test.ts',
  'test/cars/',
  'test/database/covering-index.test.ts',
  'test/database/engines-agree.test.ts',
  'test/database/migrations.test.ts',
  'test/database/mysql-car-store.test.ts',
  'test/database/sqlite-car-store.test.ts',
  'test/http/color.test.ts',
  'test/http/openapi.test.ts',
  'test/http/readme-calls.test.ts',
];

/** The output of Vitest's reporter `json`. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs npm and shows its output. */
export function passes(folder: string, npm: readonly string[]): boolean {
  return spawnSync('npm', npm, { cwd: folder, stdio: ['ignore', 2, 2] }).status === 0;
}

/** The first compile error, or else the first test that fails. */
export function findFailure(folder: string): string | undefined {
  const compiler = spawnSync('npx', ['tsc', '--noEmit', '--pretty', 'false', '-p', '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (compiler.status !== 0) return `tsc: ${compiler.stdout.split('\n', 1)[0]}`;
  const path = join(folder, 'report.json');
  rmSync(path, { force: true });
  const reporter = ['--reporter=json', `--outputFile.json=${path}`, '--bail=1'];
  spawnSync('npm', ['test', '--silent', '--', ...reporter, ...TESTS], { cwd: folder, stdio: 'ignore' });
  if (!existsSync(path)) throw new Error('the tests wrote no report');
  const { testResults }: Report = JSON.parse(readFileSync(path, 'utf8'));
  // After the first failure, the files that did not run also count as failed.
  const failures = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${name.replace(`${folder}/`, '')}: ${test.fullName}`),
  );
  const broken = testResults.find(({ status }) => status === 'failed')?.name.replace(`${folder}/`, '');
  return failures[0] ?? (broken && `${broken}: the file did not run`);
}
