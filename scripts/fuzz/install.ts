/** Sees to schemathesis, in a virtual environment of the project's own. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const REQUIREMENTS = join(ROOT, 'scripts/fuzz-requirements.txt');
const ENVIRONMENT = join(ROOT, '.venv-fuzz');

/** Makes the virtual environment where it is missing or older than the requirements; gives the program's path. */
export function installSchemathesis(): string {
  const asked = readFileSync(REQUIREMENTS, 'utf8');
  const installed = join(ENVIRONMENT, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== asked) {
    execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
    const pip = join(ENVIRONMENT, 'bin/pip');
    execFileSync(pip, ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
    writeFileSync(installed, asked);
  }
  return join(ENVIRONMENT, 'bin/schemathesis');
}
