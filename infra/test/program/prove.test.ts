/**
 * `scripts/prove-on-aws.sh`, in a copy of the project whose release program and tools are stand-ins:
 * what it prints for a step, and that it tears everything down however it ends.
 */

import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../../scripts/prove-on-aws.sh');

/** Prints what the real program would. With FAIL, that command exits with 1; with HANG, it does not end. */
const PROGRAM = `#!/usr/bin/env bash
echo "$*" >>"$CALLS"
[ "$1" != "\${FAIL:-}" ] || { echo 'CREATE_FAILED Database'; exit 1; }
[ "$1" != "\${HANG:-}" ] || exec sleep 60
case $1 in
  plan) echo '{"costs": [{"part": "a", "usd": 365}, {"part": "by use"}]}' ;;
  setup)
    if [ -e "$CALLS.setup" ]; then echo 'stack cars-api-staging-service  none'; else echo 'stack cars-api-staging-service  CREATE_COMPLETE'; fi
    touch "$CALLS.setup" ;;
  build) echo "Pushed COMMIT" ;;
  keys) echo '{"key": "cars_test"}' ;;
  deploy)
    case $2 in *bad*) echo 'ECS rolled the release back: circuit breaker'; exit 3 ;; esac
    sleep 0.3
    echo "$2 is live on staging"; echo "$2" >"$CALLS.live" ;;
  status) cat "$CALLS.live" ;;
  rollback)
    case $2 in --*) echo 'To go back further: infra/aws-deploy.sh rollback COMMIT'; exit 5 ;; esac
    echo 'COMMIT is live on staging' ;;
  restore) echo 'Checked by a task of the live image' ;;
esac
`;

const AWS = `#!/usr/bin/env bash
echo "aws $*" >>"$CALLS"
case "$*" in
  'sts get-caller-identity') echo '"Account": "123456789012"' ;;
  *describe-stacks*StackStatus) case "$*" in *"\${EXISTS:-none}"*) echo UPDATE_COMPLETE ;; *) exit 254 ;; esac ;;
  *describe-stacks*) echo http://staging.example ;;
  *describe-alarm-history*) echo 'Successfully executed action arn:aws:sns:topic' ;;
  *get-resources*) echo 'arn:aws:rds:eu-central-1:1:snapshot:last' ;;
esac
`;

let folder: string;
let calls: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cars-api-prove-'));
  calls = join(folder, 'calls');
  for (const name of ['scripts', 'infra', 'bin', 'tmp']) mkdirSync(join(folder, name));
  cpSync(SCRIPT, join(folder, 'scripts/prove-on-aws.sh'));
  const programs = {
    'infra/aws-deploy.sh': PROGRAM,
    'bin/aws': AWS,
    'bin/git': '#!/bin/sh\necho COMMIT\n',
    'bin/docker': '#!/bin/sh\necho "docker $*" >>"$CALLS"; cat >/dev/null\n',
    'bin/curl': '#!/bin/sh\n[ -n "$CODE" ] || CODE=201\necho "$CODE"\n',
    'scripts/smoke-test.ts': "console.log(process.argv[2], 'works');\n",
  };
  for (const [name, content] of Object.entries(programs)) {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Proof {
  readonly code: number | null;
  readonly output: string;
  /** Each command line of the program, AWS and Docker. */
  readonly calls: readonly string[];
}

async function prove(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  whileItRuns: (interrupt: () => void) => Promise<void> = async () => {},
): Promise<Proof> {
  const child = spawn('bash', [join(folder, 'scripts/prove-on-aws.sh'), ...args], {
    env: {
      PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
      TMPDIR: join(folder, 'tmp'),
      CALLS: calls,
      PROVE_PAUSE: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('exit', resolve)),
    whileItRuns(() => process.kill(-(child.pid ?? 0), 'SIGINT')),
  ]);
  return { code, output: stdout + stderr, calls: readCalls() };
}

const readCalls = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []);

const DESTROY = 'destroy --environment staging --confirm staging';

describe('scripts/prove-on-aws.sh', () => {
  it('passes every step, and tears everything down', async () => {
    const { code, output, calls } = await prove([]);
    expect(code, output).toBe(0);
    expect(output.match(/^PASS/gm)).toHaveLength(16);
    expect(output).not.toContain('FAIL');
    expect(output).toMatch(
      /PASS +9\. a release loses no request \(\d+ s\): \d+ requests, 0 not answered with 201/,
    );
    expect(output).toMatch(/PASS +2\. three hours cost at most 5 dollars \(\d+ s\): 1\.50 dollars/);
    expect(calls.filter((call) => call === DESTROY)).toHaveLength(1);
    expect(calls).toContain('aws rds delete-db-snapshot --db-snapshot-identifier last');
    expect(calls).toContain('aws ecr delete-repository --repository-name cars-api --force');
  });

  it('prints every command with --dry-run, and runs none', async () => {
    const { code, output, calls } = await prove(['--dry-run', '--github-subject', 'repo:a@1/b@2']);
    expect(code, output).toBe(0);
    expect(output.match(/^ ?\d+\. /gm)).toHaveLength(16);
    expect(output).toContain(
      '      infra/aws-deploy.sh setup --environment staging --github-subject repo:a@1/b@2 --yes\n',
    );
    expect(output).toContain(`      infra/aws-deploy.sh ${DESTROY}\n`);
    expect(calls).toEqual([]);
  });

  it.each(['setup', 'deploy', 'restore'])(
    'shows why %s failed, and tears everything down',
    async (command) => {
      const { code, output, calls } = await prove([], { FAIL: command });
      expect(code, output).toBe(1);
      expect(output).toMatch(/^FAIL .*exit code 1, must be 0/m);
      expect(output).toContain('     | CREATE_FAILED Database');
      expect(calls.filter((call) => call === DESTROY)).toHaveLength(1);
    },
  );

  it('fails when a request is lost during a release', async () => {
    const { code, output, calls } = await prove([], { CODE: '502' });
    expect(code, output).toBe(1);
    expect(output).toMatch(/FAIL +9\. a release loses no request/);
    expect(calls).toContain(DESTROY);
  });

  it('tears everything down when it is interrupted', async () => {
    const { code, output, calls } = await prove([], { HANG: 'build' }, async (interrupt) => {
      while (!readCalls().includes('build')) await sleep(20);
      interrupt();
    });
    expect(code, output).toBe(130);
    expect(calls.filter((call) => call === DESTROY)).toHaveLength(1);
  });

  it.each<[what: string, args: readonly string[], environment: Record<string, string>]>([
    ['staging exists', [], { EXISTS: 'cars-api-staging-data' }],
    ['it costs more than the limit', ['--limit', '1'], {}],
  ])('creates and deletes nothing when %s', async (_, args, environment) => {
    const { code, output, calls } = await prove(args, environment);
    expect(code, output).toBe(1);
    expect(calls.filter((call) => /^(setup|destroy|aws .*delete)/.test(call))).toEqual([]);
  });

  it('keeps the registry of an account that had one, without its own images', async () => {
    const { calls } = await prove([], { EXISTS: 'cars-api-shared' });
    expect(calls.filter((call) => /delete-repository|delete-stack/.test(call))).toEqual([]);
    expect(calls.find((call) => call.includes('batch-delete-image'))).toMatch(/imageTag=prove-good-\d+ /);
  });

  it('explains itself', async () => {
    expect(await prove(['--help'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Proves on a real/),
    });
    expect(await prove(['--fast'])).toMatchObject({
      code: 2,
      output: expect.stringContaining('no option --fast'),
    });
  });
});
