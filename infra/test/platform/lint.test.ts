/** The templates and the scripts, read by the tools that others trust: cfn-lint and shellcheck. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENVIRONMENTS } from '../../platform/environments.ts';
import { OTHER_CHOICES } from '../support/other-choices.ts';
import { pythonTool } from '../support/python.ts';
import { synthesise } from '../support/synthesised.ts';

const INFRA = join(import.meta.dirname, '../..');
const ROOT = join(INFRA, '..');
const folder = mkdtempSync(join(tmpdir(), 'cars-api-templates-'));

// The tools are installed where they are not yet.
beforeAll(() => void pythonTool('cfn-lint'), 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a tool; its code, and all that it said. */
function run(tool: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(pythonTool(tool), args, { cwd, encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

function writeTemplate(stack: string, template: object): string {
  const file = join(folder, `${stack}.json`);
  writeFileSync(file, JSON.stringify(template));
  return file;
}

it.each([
  ['as declared, before and after the first release', ENVIRONMENTS],
  ['with the choices that no environment makes', OTHER_CHOICES],
] as const)('finds nothing in any template: %s', (_, environments) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const { templates } = synthesise({ production: { digest, tasks: 3 } }, environments);
  const files = [...templates].map(([stack, template]) => writeTemplate(stack, template));
  expect(files).toHaveLength(15);
  expect(run('cfn-lint', ['--regions', 'eu-central-1', '--', ...files], INFRA)).toEqual({
    code: 0,
    said: '',
  });
});

it('would find a property that CloudFormation does not have', () => {
  const Resources = { Topic: { Type: 'AWS::SNS::Topic', Properties: { Nmae: 'alarms' } } };
  const { code, said } = run('cfn-lint', ['--', writeTemplate('wrong', { Resources })], INFRA);
  expect(code).not.toBe(0);
  expect(said).toContain("'Nmae' was unexpected");
});

it('finds nothing in any shell script of the repository', () => {
  const scripts = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => /\.sh$|^\.ci\//.test(path))
    .filter((path) => /^#!.*sh\b/.test(readFileSync(join(ROOT, path), 'utf8')));
  expect(scripts).toEqual(expect.arrayContaining(['.ci/run', 'infra/aws-deploy.sh']));
  expect(run('shellcheck', scripts, ROOT)).toEqual({ code: 0, said: '' });
});
