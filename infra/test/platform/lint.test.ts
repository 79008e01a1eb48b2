/** The templates and the shell scripts, judged by cfn-lint and shellcheck. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonTool } from '../support/python.ts';
import { readVariant } from '../support/synthesised.ts';

const INFRA = join(import.meta.dirname, '../..');
const ROOT = join(INFRA, '..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cars-api-templates-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a Python tool. @returns its exit code and everything that it printed. */
function run(tool: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(pythonTool(tool), args, { cwd, encoding: 'utf8' });
  return { code: status, output: `${stdout}${stderr}` };
}

function writeTemplate(name: string, text: string): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, text);
  return file;
}

it('cfn-lint finds nothing in any template of any variant', () => {
  const texts = new Set<string>();
  for (const variant of ['declared', 'other', 'oneZoneFewer', 'aurora'] as const) {
    const templates = [...readVariant(variant).templates.values()];
    expect(templates).toHaveLength(7);
    // Most templates are the same in all variants, and each is judged once.
    for (const template of templates) texts.add(JSON.stringify(template));
  }
  const files = [...texts].map((text, index) => writeTemplate(String(index), text));
  expect(files.length).toBeGreaterThan(12);
  expect(run('cfn-lint', ['--regions', 'eu-central-1', '--', ...files], INFRA)).toEqual({
    code: 0,
    output: '',
  });
});

it('cfn-lint would find a property that CloudFormation does not have', () => {
  const Resources = { Topic: { Type: 'AWS::SNS::Topic', Properties: { Nmae: 'alarms' } } };
  const file = writeTemplate('wrong', JSON.stringify({ Resources }));
  const { code, output } = run('cfn-lint', ['--', file], INFRA);
  expect(code).not.toBe(0);
  expect(output).toContain("'Nmae' was unexpected");
});

it('shellcheck finds nothing in any shell script of the repository', () => {
  const scripts = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path.endsWith('.sh') || path === '.ci/run');
  expect(scripts).toEqual(expect.arrayContaining(['.ci/run', 'infra/aws-deploy.sh']));
  expect(scripts.length).toBeGreaterThan(5);
  expect(run('shellcheck', scripts, ROOT)).toEqual({ code: 0, output: '' });
});
