/** Tools from PyPI (test/requirements.txt), installed on first use in infra/.venv. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ENVIRONMENT = join(import.meta.dirname, '../../.venv');
const REQUIREMENTS = join(import.meta.dirname, '../requirements.txt');

/** @returns the path of a tool. */
export function pythonTool(name: string): string {
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  const installed = join(ENVIRONMENT, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
    execFileSync('python3', ['-m', 'venv', '--clear', ENVIRONMENT]);
    execFileSync(join(ENVIRONMENT, 'bin/pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      REQUIREMENTS,
    ]);
    writeFileSync(installed, wanted);
  }
  return join(ENVIRONMENT, 'bin', name);
}
