/**
 * The jobs that release, run: their commands from the parsed YAML with the real scripts, the real
 * infra/aws-deploy.sh on the local ECS (release-place.ts), a real service and the real smoke test.
 * Docker and npm are stand-ins.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findFreePort } from '../../../tools/free-port.ts';
import { RELEASED } from '../../platform/contract.ts';
import { type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError } from '../../rehearsal/ecs/handler.ts';
import type { ImageOptions, TestAccount } from '../support/account.ts';
import { type Checkout, makeCheckout } from '../support/checkout.ts';
import { EXPIRED_KEY } from './front.ts';
import { makeReleasePlace, type ReleasePlace } from './release-place.ts';
import { type JobRun, ROOT, readWorkflow, runJob } from './workflow.ts';

const { jobs } = readWorkflow('ci-cd.yml');
/** What somebody has set on GitHub. */
const SETTINGS = {
  'vars.AWS_REGION': 'eu-central-1',
  'vars.BUILD_ROLE_ARN': 'arn:aws:iam::123456789012:role/cars-api-build',
  'vars.PLAN_ROLE_ARN': 'arn:aws:iam::123456789012:role/cars-api-plan',
  'vars.DEPLOY_ROLE_ARN': 'arn:aws:iam::123456789012:role/cars-api-deploy',
  'secrets.CARS_API_KEY': 'cars_test',
};
const CRASHES = { ends: { after: 1, code: 1 } };
let service: ChildProcess;
let url: string;
let checkout: Checkout;
let place: ReleasePlace;

beforeAll(async () => {
  checkout = makeCheckout();
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  service = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE_URL: 'sqlite::memory:',
      LOG_LEVEL: 'silent',
    },
    stdio: 'ignore',
  });
  await vi.waitFor(() => fetch(url), { timeout: 30_000, interval: 100 });
});
afterAll(() => {
  service.kill();
  checkout.remove();
});
beforeEach(async () => {
  place = await makeReleasePlace(url, checkout);
  checkout.asked();
});
afterEach(async () => {
  place.close();
  // The smoke test leaves no car, however it ends.
  expect(await (await fetch(`${url}/cars`)).text()).toBe('[]');
});

/** Runs a job for a commit in an environment. */
function run(
  job: string,
  target: EnvironmentName,
  commit: string,
  expressions: Readonly<Record<string, string>> = {},
): Promise<JobRun> {
  const { address, environment } = place.targets[target];
  const declared = jobs[job];
  if (declared === undefined) throw new Error(`there is no job ${job}`);
  return runJob(declared, {
    folder: checkout.folder,
    environment: { ...environment, GITHUB_SHA: commit, LOCK_PAUSE: '1' },
    expressions: {
      ...SETTINGS,
      'vars.ADDRESS': address,
      'inputs.environment': target,
      ...expressions,
    },
  });
}

/** Makes a commit and pushes its image. */
function build(options: ImageOptions = {}): { commit: string; digest: string } {
  const commit = checkout.commit();
  return { commit, digest: place.push(commit, options) };
}

/** Runs the job of an environment for an image. */
function release(target: EnvironmentName, { commit, digest }: ReturnType<typeof build>): Promise<JobRun> {
  return run(target, target, commit, { 'needs.image.outputs.digest': digest });
}

/** Releases images without the pipeline, one after another: for what a test starts from. */
async function startWith(target: EnvironmentName, ...images: ReturnType<typeof build>[]): Promise<void> {
  for (const { commit } of images) await place.targets[target].account.release(commit);
}

/** Puts a shell script around the release program, until the test ends. */
function replaceProgram(script: (real: string) => string): void {
  const program = join(checkout.folder, 'infra/aws-deploy.sh');
  const real = join(checkout.folder, 'infra/program.sh');
  renameSync(program, real);
  onTestFinished(() => renameSync(real, program));
  writeFileSync(program, `#!/bin/sh\n${script(real)}\n`, { mode: 0o755 });
}

/** Runs the job for a manual rollback. */
function rollBack(target: EnvironmentName, head: string, tag: string): Promise<JobRun> {
  return run('rollback', target, head, { 'inputs.environment': target, 'inputs.tag': tag });
}

describe('a push to main', () => {
  it('builds the image, releases it to staging, then to production', async () => {
    const { staging, production } = place.targets;
    const commit = checkout.commit();
    const image = await run('image', 'production', commit);
    expect(image.code, image.stderr).toBe(0);
    const { digest = '' } = image.outputs;
    expect(production.account.registry.tagsOf(digest)).toEqual([commit]);

    const first = await release('staging', { commit, digest });
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain(`${staging.address} works`);
    expect([staging.live(), production.live()]).toEqual([commit, '']);

    const second = await release('production', { commit, digest });
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toContain(`${production.address} works`);
    expect(production.live()).toBe(commit);
    expect(production.account.registry.tagsOf(digest)).toEqual([
      commit,
      `${RELEASED}staging-${commit}`,
      `${RELEASED}production-${commit}`,
    ]);
    for (const target of [staging, production])
      expect(await target.history()).toEqual([`deploy ${commit} live`]);
    expect(checkout.asked().filter((line) => line.startsWith('npm'))).toHaveLength(3);
  });

  it('finds the image that an earlier run of the job has pushed', async () => {
    const commit = checkout.commit();
    const first = await run('image', 'production', commit);
    const second = await run('image', 'production', commit);
    expect(second.code, second.stderr).toBe(0);
    expect(second.outputs).toEqual(first.outputs);
    expect(checkout.asked().filter((line) => line.includes('--push'))).toHaveLength(1);
  });

  it('is released by hand where nobody approves', async () => {
    const { commit } = build();
    const { code, stderr } = await run('release', 'production', commit, {
      'inputs.environment': 'production',
      'inputs.tag': commit,
    });
    expect(code, stderr).toBe(0);
    expect(place.targets.production.live()).toBe(commit);
  });

  it('names what is missing, and succeeds, before AWS is set up', async () => {
    const none = { 'vars.AWS_REGION': '', 'vars.BUILD_ROLE_ARN': '', 'vars.PLAN_ROLE_ARN': '' };
    const { code, stdout } = await run('not-set-up', 'production', checkout.commit(), none);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('the repository has no AWS_REGION BUILD_ROLE_ARN PLAN_ROLE_ARN on'),
    });
  });

  it.each([
    ['vars.DEPLOY_ROLE_ARN', 'staging'],
    ['vars.ADDRESS', 'staging'],
    ['secrets.CARS_API_KEY', 'production'],
  ] as const)('skips the release without %s of %s, and says so', async (setting, target) => {
    const { commit, digest } = build();
    const { code, stdout, outputs } = await run(target, target, commit, {
      'needs.image.outputs.digest': digest,
      [setting]: '',
    });
    const name = setting.split('.').at(-1);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(
        `::notice::Nothing is released, because the environment ${target} has no ${name} `,
      ),
    });
    // Production follows staging only when this is yes.
    if (target === 'staging') expect(outputs).toEqual({ complete: 'no' });
    expect([checkout.asked(), place.targets[target].live()]).toEqual([[], '']);
  });

  it('fails a release by hand when something is missing', async () => {
    const { commit } = build();
    for (const job of ['release', 'rollback']) {
      const missing = { 'vars.DEPLOY_ROLE_ARN': '', 'inputs.tag': commit };
      const { code, stdout } = await run(job, 'production', commit, missing);
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('no DEPLOY_ROLE_ARN') });
    }
    expect(place.targets.production.live()).toBe('');
  });

  it('rolls back by itself and exits with 20 when the smoke test fails', async () => {
    const [good, bad] = [build(), build()];
    await startWith('production', good);
    place.broken.add(bad.commit);
    const { code, stderr, stdout } = await release('production', bad);
    expect(stderr).toContain('POST /cars answered 500 instead of 201: out of order');
    expect(code, stderr).toBe(20);
    const { live, history } = place.targets.production;
    expect(live()).toBe(good.commit);
    expect(await history()).toEqual([
      `deploy ${good.commit} live`,
      `deploy ${bad.commit} live`,
      `rollback ${good.commit} live`,
    ]);
    expect(stdout.trimEnd()).toMatch(/ works$/);
  });

  it('rolls back when the live image is not the one that was tested', async () => {
    const [first, second] = [build(), build()];
    await startWith('production', first);
    const { code, stderr } = await release('production', { ...second, digest: 'sha256:another' });
    expect(stderr).toContain('what is live is not sha256:another');
    expect([code, place.targets.production.live()]).toEqual([20, first.commit]);
  });

  it('releases nothing when the key of the smoke test has expired', async () => {
    const [live, next] = [build(), build()];
    await startWith('production', live);
    const { commit } = next;
    const { code, stderr } = await run('production', 'production', commit, {
      'needs.image.outputs.digest': next.digest,
      'secrets.CARS_API_KEY': EXPIRED_KEY,
    });
    expect(stderr).toContain('the API key of the smoke test has expired or was revoked');
    expect([code, place.targets.production.live()]).toEqual([EXIT.refused, live.commit]);
    expect(await place.targets.production.history()).toEqual([`deploy ${live.commit} live`]);
  });

  it('exits with 21 when there is nothing to roll back to', async () => {
    const only = build();
    place.broken.add(only.commit);
    const { code, stderr } = await release('production', only);
    expect(stderr).toContain('there is nothing before it to go back to');
    expect(code).toBe(21);
  });

  it('exits with 21 when the previous image does not start any more', async () => {
    const [good, bad] = [build(), build()];
    await startWith('production', good);
    // For example because a secret that it needs has changed.
    place.targets.production.account.driver.script(good.digest, CRASHES);
    place.broken.add(bad.commit);
    const { code, stderr } = await release('production', bad);
    expect(stderr).toContain(`going back to ${good.commit}`);
    expect(stderr).toContain('ECS rolled the release back: ECS deployment circuit breaker');
    expect([code, place.targets.production.live()]).toEqual([21, bad.commit]);
  });

  it('exits with 22 when the previous image fails the smoke test too', async () => {
    const [first, second] = [build(), build()];
    await startWith('production', first);
    for (const { commit } of [first, second]) place.broken.add(commit);
    const { code, stderr } = await release('production', second);
    expect(stderr).toContain(`${first.commit} is live again, and does not work either`);
    expect([code, place.targets.production.live()]).toEqual([22, first.commit]);
  });

  it('waits until another release has ended', async () => {
    await startWith('production', build());
    const [older, newer] = [build(), build()];
    const met = join(checkout.folder, 'bin/met-the-lock');
    replaceProgram(
      (real) => `'${real}' "$@"; code=$?; [ $code != ${EXIT.locked} ] || touch '${met}'; exit $code`,
    );
    // The first release keeps the lock until the second one has met it.
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    let isHeld = false;
    place.targets.production.account.refuse = async (_, action) => {
      if (action !== 'RunTask') return;
      isHeld = true;
      await ended;
    };
    const first = release('production', older);
    await vi.waitFor(() => expect(isHeld).toBe(true), { timeout: 60_000 });
    const second = release('production', newer);
    await vi.waitFor(() => expect(existsSync(met)).toBe(true), { timeout: 60_000 });
    end();
    // It is refused a rollback if the second one is faster than its smoke test.
    expect([0, EXIT.refused], (await first).stderr).toContain((await first).code);
    expect(await second, (await second).stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('waiting for the other run'),
    });
    expect(place.targets.production.live()).toBe(newer.commit);
  });

  it('leaves the newer image live when two are released at the same time', async () => {
    await startWith('production', build());
    const [older, newer] = [build(), build()];
    const [first, second] = await Promise.all([release('production', older), release('production', newer)]);
    // The lock decides which is first: both are released, or the older one is refused afterwards.
    expect(second, second.stderr).toMatchObject({ code: 0 });
    expect([0, EXIT.refused], first.stderr).toContain(first.code);
    expect(place.targets.production.live()).toBe(newer.commit);
  });

  it('does not replace a newer image that became live since it looked', async () => {
    const [first, older, newer] = [build(), build(), build()];
    await startWith('production', first);
    // Before the first release, another run makes the newer image live.
    replaceProgram(
      (real) => `if [ "$1" = deploy ] && mkdir "$HOME/bin/other-run" 2>/dev/null; then
        env -u IMAGE_TAG '${real}' deploy ${newer.commit} --environment production >&2
      fi
      exec '${real}' "$@"`,
    );
    const { code, stderr } = await release('production', older);
    expect(stderr).toContain(`${newer.commit} is live, and not ${first.commit}, so nothing was released`);
    expect(stderr).toContain(`${newer.commit}, which is live, is newer than ${older.commit}`);
    const { live, history } = place.targets.production;
    expect([code, live()]).toEqual([EXIT.refused, newer.commit]);
    expect(await history()).toEqual([`deploy ${first.commit} live`, `deploy ${newer.commit} live`]);
  });

  it('does not replace a newer image when it is approved late', async () => {
    const [older, newer] = [build(), build()];
    await startWith('production', newer);
    const { code, stderr } = await release('production', older);
    expect(stderr).toContain(`${newer.commit}, which is live, is newer than ${older.commit}`);
    expect([code, place.targets.production.live()]).toEqual([5, newer.commit]);
  });
});

interface Obstacle {
  readonly exit: keyof typeof EXIT;
  readonly image?: ImageOptions;
  /** Called before the release. */
  readonly before?: (account: TestAccount) => void;
}

const OBSTACLES: readonly Obstacle[] = [
  { exit: 'rolledBack', image: { behaviour: CRASHES } },
  { exit: 'denied', before: deny },
];

it.each(OBSTACLES)(
  'exits with the code of the release program ($exit), without a smoke test',
  async (obstacle) => {
    const { exit, image, before } = obstacle;
    const { live, account } = place.targets.staging;
    const good = build();
    await startWith('staging', good);
    const bad = build(image);
    before?.(account);
    const { code, stdout, stderr } = await release('staging', bad);
    expect(code, stderr).toBe(EXIT[exit]);
    expect(stdout).not.toContain('alive');
    expect(live()).toBe(good.commit);
  },
);

describe('a manual rollback', () => {
  it.each(['staging', 'production'] as const)(
    'of %s deploys the tag and runs no migration',
    async (target) => {
      const { live, history, account, address } = place.targets[target];
      const [first, second] = [build(), build()];
      await startWith(target, first, second);
      const migrated = account.ecs.find(`${prefixOf(target)}-migrate`).revision;
      const { code, stdout, stderr } = await rollBack(target, second.commit, first.commit);
      expect(code, stderr).toBe(0);
      expect(stdout.trimEnd()).toMatch(new RegExp(`${address} works$`));
      expect(live()).toBe(first.commit);
      expect(await history()).toEqual([
        `deploy ${first.commit} live`,
        `deploy ${second.commit} live`,
        `rollback ${first.commit} live`,
      ]);
      expect(account.ecs.find(`${prefixOf(target)}-migrate`).revision).toBe(migrated);
      expect(checkout.asked()).toEqual(['npm ci --prefix infra']);
    },
  );

  it('exits with 22 when the smoke test fails afterwards', async () => {
    const [first, second] = [build(), build()];
    await startWith('staging', first, second);
    place.broken.add(first.commit);
    const { code } = await rollBack('staging', second.commit, first.commit);
    expect([code, place.targets.staging.live()]).toEqual([22, first.commit]);
  });

  it('exits with 5 when the image cannot work with the database any more', async () => {
    const [first, second, third] = [build(), build({ schema: 2 }), build({ schema: 3, oldestCompatible: 2 })];
    await startWith('staging', first, second, third);
    const { code, stdout, stderr } = await rollBack('staging', third.commit, first.commit);
    expect(stderr).toContain(`rollback --environment staging ${second.commit}`);
    expect([code, place.targets.staging.live()]).toEqual([5, third.commit]);
    expect(stdout).not.toContain('alive');
  });
});

function deny(account: TestAccount): void {
  account.refuse = () => {
    throw new AwsError('AccessDeniedException', 'these credentials may not', 403);
  };
}
