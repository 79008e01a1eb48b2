/** What the service runs on: its licences are listed, and a check of its known faults never passes for want of an answer. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

/** Licences that ask for nothing but that they be kept. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

it('lists the licence of each package as the lockfile has it; if this fails, run: npm run licences', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/write-licences.ts', '--check'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('runs on nothing whose licence asks for more than to be kept', () => {
  const rows = readFileSync('docs/understand/licences.md', 'utf8').matchAll(
    /^\| (\S+) \| \d\S* \| (.+) \|$/gm,
  );
  const licences = [...rows].map(([, name, licence]) => ({ name, licence }));
  expect(licences.length).toBeGreaterThan(20);
  expect(licences.filter(({ licence }) => !PERMISSIVE.includes(licence ?? ''))).toEqual([]);
});

// Proves: vulnerable-dependency
it.each([
  ['none that is severe', '{"metadata":{"vulnerabilities":{"low":1,"high":0}}}', 0],
  [
    'one that is',
    '{"metadata":{"vulnerabilities":{"high":1}},"vulnerabilities":{"x":{"severity":"high"}}}',
    1,
  ],
  ['a refusal', '{"message":"405 Method Not Allowed","error":{}}', 3],
  ['nothing at all', '', 3],
])('tells by its exit code when npm finds %s', (_, report, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-npm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho '${report}'\n`, { mode: 0o755 });
  const { status } = spawnSync(process.execPath, ['scripts/audit-dependencies.ts'], {
    env: { PATH: `${folder}:/bin:/usr/bin` },
  });
  expect(status).toBe(code);
});
