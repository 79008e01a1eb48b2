/**
 * `cdk synth` fails when the platform breaks a rule. Every variant of the platform is judged in
 * global-setup.ts.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const INFRA = join(import.meta.dirname, '../..');
const BIN = join(INFRA, 'node_modules/.bin');

/** Synthesises a small platform that breaks this rule, as `setup` synthesises the real one. */
function synthesiseBreaking(rule: string) {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const app = ['--app', 'node test/support/violating-app.ts', '--context', `breaks=${rule}`];
  const { status, stdout, stderr } = spawnSync(
    join(BIN, 'cdk'),
    ['synth', '--quiet', '--output', folder, ...app],
    {
      cwd: INFRA,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}`,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
      },
    },
  );
  return { code: status, output: `${stdout}${stderr}` };
}

it('accepts a stack that breaks no rule', () => {
  const { code, output } = synthesiseBreaking('none');
  expect(code, output).toBe(0);
});

it.each([
  ["AWS's advice (cdk-nag)", 'advice', 'AwsSolutions-SNS3'],
  ["CloudFormation's rules (CDK's validation)", 'cloudformation', 'memory'],
])('fails on a stack that breaks %s', (_, rule, finding) => {
  const { code, output } = synthesiseBreaking(rule);
  expect(code, output).not.toBe(0);
  expect(output).toContain(finding);
});
