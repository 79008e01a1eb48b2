/**
 * Every variant of the platform passes the rules, and `cdk synth` fails on a stack that breaks one.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { synthesiseVariant } from '../support/synthesise-variant.ts';
import { VARIANTS, type VariantName } from '../support/variants.ts';

const INFRA = join(import.meta.dirname, '../..');
const BIN = join(INFRA, 'node_modules/.bin');

// global-setup.ts turns CDK's validation off.
beforeEach(() => {
  vi.stubEnv('CDK_VALIDATION', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it.each(Object.keys(VARIANTS) as VariantName[])('finds nothing in the variant %s', (name) => {
  expect(() => synthesiseVariant(name, temporaryFolder())).not.toThrow();
});

/** Synthesises a small platform that breaks this rule, as `setup` synthesises the real one. */
function synthesiseBreaking(rule: string) {
  const folder = temporaryFolder();
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
