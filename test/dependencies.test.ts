/** The packages that the service runs on: their licences, and the check for known vulnerabilities. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

/** Licences that require no more than keeping their text. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

it('depends only on packages with a permissive licence', () => {
  const { packages }: { packages: Record<string, { dev?: boolean; license?: string }> } = JSON.parse(
    readFileSync('package-lock.json', 'utf8'),
  );
  const used = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(used.length).toBeGreaterThan(20);
  expect(used.filter(([, { license }]) => !PERMISSIVE.includes(license ?? ''))).toEqual([]);
});

// Proves: vulnerable-dependency
it.each([
  ['no severe vulnerability', '{"metadata":{"vulnerabilities":{"low":1,"high":0}}}', 0],
  [
    'a severe vulnerability',
    '{"metadata":{"vulnerabilities":{"high":1}},"vulnerabilities":{"x":{"severity":"high"}}}',
    1,
  ],
  ['that the registry rejects the request', '{"message":"405 Method Not Allowed","error":{}}', 3],
  ['no answer', '', 3],
])('exits with a code of its own when npm reports %s', (_, report, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-npm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho '${report}'\n`, { mode: 0o755 });
  const { status } = spawnSync(process.execPath, ['scripts/audit-dependencies.ts'], {
    env: { PATH: `${folder}:/bin:/usr/bin` },
  });
  expect(status).toBe(code);
});
