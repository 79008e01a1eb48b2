/** `build` as a person types it, in a checkout of its own. Docker and trivy are stand-ins. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError } from '../../rehearsal/ecs/handler.ts';
import { REGISTRY } from '../../rehearsal/ecs/local-platform.ts';
import { type Front, listen } from '../pipeline/front.ts';
import { startTestAccount, type TestAccount } from '../support/account.ts';
import { type Checkout, makeCheckout } from '../support/checkout.ts';
import { type Run, runProgram } from '../support/run-program.ts';

let checkout: Checkout;
let account: TestAccount;
let registry: Front;
let commit: string;

beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout.remove());
beforeEach(async () => {
  account = await startTestAccount('staging');
  registry = await listen(({ url = '' }, response) => void response.end(account.push(url.slice(1))));
  commit = checkout.commit();
});
afterEach(() => {
  account.close();
  registry.close();
  checkout.asked();
});

function run(words: string, environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  return runProgram(words.split(' '), {
    url: account.url,
    infra: join(checkout.folder, 'infra'),
    environment: { ...checkout.environment(registry.url), ...environment },
  });
}

/** Adds a program to the checkout's folder of programs until the test has ended. */
function install(name: string, text: string): void {
  const path = join(checkout.folder, 'bin', name);
  writeFileSync(path, `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  onTestFinished(() => rmSync(path));
}

/** A scanner that notes its environment, and ends with this code after a scan. */
function installTrivy(code: number): void {
  install('trivy', `echo "trivy $*" >>asked; env >trivy-environment; [ "$1" = --version ] || exit ${code}`);
  writeFileSync(join(checkout.folder, '.git/info/exclude'), '/trivy-environment\n', { flag: 'a' });
}

it('pushes the image of the commit for amd64 and arm64, with its provenance', async () => {
  const { code, stdout, stderr } = await run('build');
  expect(code, stderr).toBe(0);
  const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? [];
  expect(account.registry.tagsOf(digest)).toEqual([commit]);
  const asked = checkout.asked();
  expect(asked).toEqual(
    expect.arrayContaining([
      `docker login --username AWS --password-stdin ${REGISTRY.split('/')[0]}`,
      'password secret',
      'docker buildx create --name cars-api --driver docker-container',
    ]),
  );
  const [build = ''] = asked.filter((line) => line.startsWith('docker buildx build'));
  expect(build).toContain(' --platform linux/amd64,linux/arm64 --provenance mode=max ');
  expect(build).toContain(` --build-arg REVISION=${commit} `);
  expect(build).toContain(` --tag ${REGISTRY}:${commit} --push `);
});

it('finds the image that an earlier run has pushed, and prints the same result', async () => {
  const first = await run('build --json');
  checkout.asked();
  const second = await run('build --json');
  expect(second.code, second.stderr).toBe(0);
  expect(JSON.parse(second.stdout)).toEqual({ ...JSON.parse(first.stdout), pushed: false });
  expect(checkout.asked()).toEqual([]);
});

it('refuses a checkout with changes, and names them', async () => {
  const path = join(checkout.folder, 'new.ts');
  writeFileSync(path, '');
  onTestFinished(() => rmSync(path));
  for (const command of ['build', 'up --environment staging --yes']) {
    const { code, stderr } = await run(command);
    expect({ code, stderr }).toEqual({ code: EXIT.refused, stderr: expect.stringContaining('?? new.ts') });
  }
  expect(checkout.asked()).toEqual([]);
});

it('pushes nothing when trivy finds what an update fixes', async () => {
  installTrivy(99);
  const { code, stderr } = await run('build');
  expect({ code, stderr }).toEqual({
    code: EXIT.imageFailed,
    stderr: expect.stringContaining('Nothing was pushed'),
  });
  expect(checkout.asked().filter((line) => line.includes('--push'))).toEqual([]);
});

it('scans before it pushes, and keeps credentials from the scanner', async () => {
  installTrivy(0);
  const { code, stderr } = await run('build', { GITHUB_TOKEN: 'secret' });
  expect(code, stderr).toBe(0);
  const asked = checkout.asked().join('\n');
  expect(asked).toMatch(/--output type=docker,dest=\S+[\s\S]*trivy image --input [\s\S]*--push/);
  const environment = readFileSync(join(checkout.folder, 'trivy-environment'), 'utf8');
  expect(environment).toContain('PATH=');
  expect(environment).not.toMatch(/^(AWS|GITHUB)_/m);
});

it('pushes nothing when trivy itself fails', async () => {
  installTrivy(1);
  const { code, stderr } = await run('build');
  expect({ code, stderr }).toEqual({
    code: EXIT.imageFailed,
    stderr: expect.stringContaining('trivy failed with exit code 1'),
  });
});

it('explains a build that failed', async () => {
  const docker = join(checkout.folder, 'bin/docker');
  const text = readFileSync(docker, 'utf8');
  onTestFinished(() => writeFileSync(docker, text));
  writeFileSync(
    docker,
    text.replace("'buildx build') ;;", "'buildx build') echo 'no space left' >&2; exit 17 ;;"),
  );
  const { code, stderr } = await run('build');
  expect(stderr).toContain('no space left');
  expect({ code, stderr }).toEqual({
    code: EXIT.imageFailed,
    stderr: expect.stringContaining('was not built'),
  });
});

it('names the tool that is missing', async () => {
  const folder = join(checkout.folder, 'cache/tools');
  mkdirSync(folder, { recursive: true });
  for (const tool of ['bash', 'dirname', 'readlink', 'sed', 'node', 'npm', 'git'])
    symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(folder, tool));
  const { code, stderr } = await run('build', { PATH: folder });
  expect({ code, stderr }).toEqual({
    code: EXIT.toolMissing,
    stderr: expect.stringContaining('docker is not installed'),
  });
});

it('says that setup comes first', async () => {
  account.refuse = (service) => {
    if (service === 'ecr') throw new AwsError('RepositoryNotFoundException', 'The repository does not exist');
  };
  const { code, stderr } = await run('build');
  expect({ code, stderr }).toEqual({
    code: EXIT.refused,
    stderr: expect.stringContaining('infra/aws-deploy.sh setup'),
  });
});

it('is what deploy releases when no image is named', async () => {
  await run('build');
  const first = await run('deploy --environment staging');
  expect(first.code, first.stderr).toBe(0);
  expect(account.live().tag).toBe(commit);
  // A commit without an image, and the live image again.
  const next = checkout.commit();
  const second = await run('deploy --environment staging');
  expect({ code: second.code, stderr: second.stderr }).toEqual({
    code: EXIT.refused,
    stderr: expect.stringContaining(`there is no image with the tag ${next}`),
  });
  expect(await run('deploy --again --environment staging')).toMatchObject({ code: 0 });
  expect(account.live().tag).toBe(commit);
});
