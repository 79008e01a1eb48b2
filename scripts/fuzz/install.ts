/** Installs schemathesis into the project's own Python virtual environment. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const REQUIREMENTS = join(ROOT, 'scripts/fuzz-requirements.txt');
const ENVIRONMENT = join(ROOT, '.venv-fuzz');

/** Creates the environment unless it is up to date; returns the path of the program. */
export function installSchemathesis(): string {
  const required = readFileSync(REQUIREMENTS, 'utf8');
  const installed = join(ENVIRONMENT, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== required) {
    execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
    const pip = join(ENVIRONMENT, 'bin/pip');
    execFileSync(pip, ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
    writeFileSync(installed, required);
  }
  return join(ENVIRONMENT, 'bin/schemathesis');
}
