/** Tools from PyPI, in a virtual environment of their own that is made when it is missing: test/requirements.txt. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ENVIRONMENT = join(import.meta.dirname, '../../.venv');
const REQUIREMENTS = join(import.meta.dirname, '../requirements.txt');

/** @returns the path of a program of that environment. */
export function pythonTool(name: string): string {
  const asked = readFileSync(REQUIREMENTS, 'utf8');
  const installed = join(ENVIRONMENT, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== asked) {
    execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
    execFileSync(join(ENVIRONMENT, 'bin/pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      REQUIREMENTS,
    ]);
    writeFileSync(installed, asked);
  }
  return join(ENVIRONMENT, 'bin', name);
}
