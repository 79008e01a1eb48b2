/** The rules that the platform is judged by at synthesis can really stop it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const INFRA = join(import.meta.dirname, '../..');
const BIN = join(INFRA, 'node_modules/.bin');

/** `cdk synth` as setup runs it. */
function synth(args: readonly string[]) {
  const output = mkdtempSync(join(tmpdir(), 'cars-api-rules-'));
  onTestFinished(() => rmSync(output, { recursive: true }));
  const { status, stdout, stderr } = spawnSync(
    join(BIN, 'cdk'),
    ['synth', '--quiet', '--output', output, ...args],
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
  return { code: status, said: `${stdout}${stderr}` };
}

const violating = (breaks: string) =>
  synth(['--app', 'node test/support/violating-app.ts', '--context', `breaks=${breaks}`]);

it('lets the platform be synthesised', () => {
  const { code, said } = synth(['--context', 'github=example/cars-api']);
  expect(code, said).toBe(0);
});

it('lets it be synthesised with the choices that no environment makes: a certificate, no NAT, people to tell', () => {
  const { code, said } = synth(['--app', 'node test/support/other-choices-app.ts']);
  expect(code, said).toBe(0);
});

it('lets a stack be synthesised that breaks none', () => {
  const { code, said } = violating('none');
  expect(code, said).toBe(0);
});

it.each([
  ["AWS's advice, as cdk-nag knows it", 'advice', 'AwsSolutions-SNS3'],
  ["CloudFormation's own rules, as CDK knows them", 'cloudformation', 'memory'],
])('stops what is against %s', (_, breaks, finding) => {
  const { code, said } = violating(breaks);
  expect(code, said).not.toBe(0);
  expect(said).toContain(finding);
});
