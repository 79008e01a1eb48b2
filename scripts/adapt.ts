/** `npm run test:adapt`: tests in a scratch copy that a field can be added, and that nothing of it can be forgotten. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyPatch, copyRepository, patchedFiles, revertPatch } from './adapt/scratch-copy.ts';
import { findFailure, passes, TESTS } from './adapt/verify.ts';

const HELP = `Usage: npm run test:adapt [-- --each]

Copies the repository to a temporary folder, adds the field "color" with scripts/adapt/add-color.patch,
and runs the checks and tests there. The folder is removed at the end.

  --each   also leave out the change of each file in turn, and show which compile error or which
           test announces that it is missing. Takes minutes

Exit codes
  0  the field works; with --each, no change can be forgotten unnoticed
  1  a check or a test failed, or a change can be forgotten
  2  the patch does not apply. How to update it: docs/understand/adapting.md
`;

const ROOT = join(import.meta.dirname, '..');
const PATCH = join(import.meta.dirname, 'adapt/add-color.patch');

// On Ctrl-C the tests stop too; this process stays to remove the folder.
process.on('SIGINT', () => {});
process.exitCode = main(process.argv.slice(2));

function main(options: readonly string[]): number {
  if (options.some((option) => option !== '--each')) {
    process.stdout.write(HELP);
    return options[0] === '--help' ? 0 : 2;
  }
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cars-api-adapt-'));
  try {
    copyRepository(ROOT, folder);
    return testField(folder) && (!options.includes('--each') || testEach(folder)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`test:adapt: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function testField(folder: string): boolean {
  applyPatch(folder, PATCH);
  const worked =
    passes(folder, ['run', '--silent', 'openapi']) &&
    passes(folder, ['run', '--silent', 'check']) &&
    passes(folder, ['test', '--silent', '--', ...TESTS]);
  const sources = patchedFiles(PATCH).filter((path) => path.startsWith('src/'));
  print(`The field color ${worked ? 'works' : 'does not work'}. It changed ${sources.length} source files:`);
  for (const path of sources) print(`  ${path}`);
  revertPatch(folder, PATCH);
  return worked;
}

function testEach(folder: string): boolean {
  const files = patchedFiles(PATCH).filter((path) =>
    /^(src|scripts|migrations)\/.*\.(ts|sql)$|^Dockerfile$/.test(path),
  );
  let forgotten = 0;
  for (const path of files) {
    applyPatch(folder, PATCH, path);
    const failure = findFailure(folder);
    if (failure === undefined) forgotten += 1;
    print(`${path} → ${failure ?? 'NOTHING FAILED'}`);
    revertPatch(folder, PATCH, path);
  }
  return forgotten === 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
