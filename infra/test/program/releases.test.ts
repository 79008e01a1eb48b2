/**
 * Every way that a release can end: `infra/aws-deploy.sh` as a person types it, against the local
 * ECS.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { definitionName, LABELS } from '../../platform/contract.ts';
import { ENVIRONMENTS } from '../../platform/environments.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError } from '../../rehearsal/ecs/handler.ts';
import { type ImageOptions, startTestAccount, type TestAccount } from '../support/account.ts';
import type { Run } from '../support/run-program.ts';
import { firstLineOf, OUTCOMES } from './outcomes.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const C = 'c'.repeat(40);

let account: TestAccount;
beforeEach(async () => {
  account = await startTestAccount();
});
afterEach(() => account.close());

const deploy = (tag: string, more = '') => account.run(`deploy${more}`, { IMAGE_TAG: tag });

/** @returns the digest of A. */
async function withALive(): Promise<string> {
  const digest = account.push(A);
  await account.release(A);
  return digest;
}

/** Starts a deployment of the live revision past the program, as somebody in the console would. */
function deployPastTheProgram(more: object = {}): void {
  account.ecs.handler('UpdateService', {
    cluster: 'cars-api',
    taskDefinition: 'cars-api:1',
    forceNewDeployment: true,
    ...more,
  });
}

async function untilDeploying(tag: string): Promise<void> {
  while (account.live().tag !== tag) await sleep(10);
}

const checked = new Set<string>();
function expectOutcome(run: Run, outcome: keyof typeof OUTCOMES): void {
  const { exit, prints } = OUTCOMES[outcome];
  expect({ exit: run.code, prints: firstLineOf(run) }, run.stderr).toEqual({ exit: EXIT[exit], prints });
  checked.add(outcome);
}

describe('deploy', () => {
  it('starts the minimum number of tasks at the first release, and says what is live', async () => {
    account.push(A);
    const run = await deploy(A.slice(0, 7));
    expectOutcome(run, 'The first release');
    expect(run.stdout).toMatch(/migrate +\d/);
    const { stdout } = await account.run('status --json');
    expect(JSON.parse(stdout)).toMatchObject({ tag: A, running: 3, desired: 3, min: 3, max: 12 });
    expect(account.live()).toEqual({ tag: A, running: 3, desired: 3, min: 3 });
  });

  it('replaces the live image, keeps the number of tasks, and protects the image from clean-up', async () => {
    await withALive();
    deployPastTheProgram({ desiredCount: 5 });
    await account.run('wait');
    const digest = account.push(B);
    expectOutcome(await deploy(B), 'A release');
    expect(account.live()).toMatchObject({ tag: B, running: 5, desired: 5 });
    expect(account.registry.tagsOf(digest)).toEqual([B, `released-production-${B}`]);
  });

  it('takes the tag as a word too', async () => {
    await withALive();
    account.push(B);
    expect(await account.run(`deploy ${B.slice(0, 7)}`)).toMatchObject({ code: EXIT.done });
    expect(account.live()).toMatchObject({ tag: B });
  });

  it('sets the targets of autoscaling, and never lets memory keep tasks running', async () => {
    await withALive();
    const targets = [...account.otherServices.policies].map(([name, policy]) => {
      const { TargetValue, PredefinedMetricSpecification, DisableScaleIn } =
        policy['TargetTrackingScalingPolicyConfiguration'];
      return [name, TargetValue, PredefinedMetricSpecification.PredefinedMetricType, DisableScaleIn];
    });
    const { cpu, memory, requests } = ENVIRONMENTS.production.service.target;
    expect(targets).toEqual([
      ['cpu', cpu, 'ECSServiceAverageCPUUtilization', false],
      ['memory', memory, 'ECSServiceAverageMemoryUtilization', true],
      ['requests', requests, 'ALBRequestCountPerTarget', false],
    ]);
  });

  it('finds the tag of the live image by its digest when its revision has none', async () => {
    await withALive();
    const { containerDefinitions: [container] = [], ...definition } = account.ecs.find('cars-api');
    await account.ecs.handler('RegisterTaskDefinition', {
      ...definition,
      containerDefinitions: [{ ...container, dockerLabels: {} }],
    });
    deployPastTheProgram({ taskDefinition: 'cars-api:2' });
    await account.run('wait');
    expect(JSON.parse((await account.run('status --json')).stdout)).toMatchObject({ tag: A, running: 3 });
    expectOutcome(await account.run('deploy --again'), 'The same image again');
  });

  it('deploys the live image again with --again', async () => {
    await withALive();
    expectOutcome(await account.run('deploy --again'), 'The same image again');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('waits for tasks that start slowly', async () => {
    await withALive();
    account.push(B, { behaviour: { starts: 20, healthy: 20 } });
    expectOutcome(await deploy(B), 'Tasks start slowly');
    expect(account.live()).toMatchObject({ tag: B });
  });

  it('reports the last log lines of tasks that crash, and is rolled back', async () => {
    await withALive();
    account.push(B, {
      behaviour: { ends: { after: 1, code: 1 }, prints: ['{"level":"fatal","message":"no such setting"}'] },
    });
    const run = await deploy(B);
    expectOutcome(run, 'Tasks crash');
    expect(run.stderr).toContain('exit code 1');
    expect(run.stderr).toContain('no such setting');
    expect(run.stderr).toContain('The previous release is live again');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('reports why an image cannot be pulled, and is rolled back', async () => {
    await withALive();
    account.push(B, { behaviour: { starts: 'never' } });
    const run = await deploy(B);
    expectOutcome(run, 'The image cannot be pulled');
    expect(run.stderr).toContain('CannotPullContainerError');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('reports failed health checks of the load balancer, and is rolled back', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 'never' } });
    const run = await deploy(B);
    expectOutcome(run, 'A health check never passes');
    expect(run.stderr).toContain('Task failed ELB health checks');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('reports the alarm that fired, and is rolled back', async () => {
    await withALive();
    account.push(B, { behaviour: { alarm: 'cars-api-target-5xx' } });
    expectOutcome(await deploy(B), 'An alarm fires');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('warns while an alarm fires, because ECS ignores alarms then', async () => {
    await withALive();
    account.driver.alarms.add('cars-api-target-5xx');
    account.push(B);
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('Warning: the alarm cars-api-target-5xx fires already');
  });

  it('shows the settings that it changes, and records them', async () => {
    await withALive();
    expect((await deploy(A)).stdout).not.toContain('settings');
    const name = definitionName('cars-api', 'serve');
    const settings = JSON.parse(account.parameters.get(name) ?? '');
    const [container] = settings.containerDefinitions;
    container.environment.pop();
    container.environment.push({ name: 'NEW', value: 'yes' });
    account.parameters.set(name, JSON.stringify({ ...settings, memory: '4096' }));
    account.push(B);
    const { stdout } = await deploy(B);
    expect(stdout).toContain(
      'Also changes these settings, which setup has written:\n  memory: 2048 → 4096\n',
    );
    expect(stdout).toContain('  environment.NEW: none → yes\n');
    expect(stdout).toMatch(/ {2}environment\.\w+: \S+ → none\n/);
    const history = await account.run('history --json');
    const [newest, older] = JSON.parse(history.stdout);
    expect(newest.settings).toContain('memory: 2048 → 4096; ');
    expect(older.settings).toBe('');
    expect((await deploy(B)).stdout).not.toContain('settings');
  });

  it('says that there is nothing to go back to when the first release fails', async () => {
    account.push(A, { behaviour: { ends: { after: 1, code: 1 } } });
    expectOutcome(await deploy(A), 'The first release fails');
  });

  it('ends with a rollback when somebody aborts it', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 500 } });
    const running = deploy(B);
    await untilDeploying(B);
    const aborted = await account.run('abort');
    expect(aborted.code, aborted.stderr).toBe(EXIT.done);
    expect(aborted.stdout).toContain('cars-api:1 is live again');
    expectOutcome(await running, 'Somebody runs `abort`');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('cannot be aborted while ECS is rolling it back', async () => {
    account.driver.script(await withALive(), { healthy: 300 });
    account.push(B, { behaviour: { ends: { after: 1, code: 1 } } });
    const running = deploy(B);
    await untilDeploying(B);
    await untilDeploying(A);
    expectOutcome(await account.run('abort'), '`abort` while ECS is rolling back');
    expect((await running).code).toBe(EXIT.rolledBack);
    expect(account.live()).toMatchObject({ tag: A });
  });

  it('cannot be aborted after its end', async () => {
    await withALive();
    expectOutcome(await account.run('abort'), '`abort`: no deployment is in progress');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });

  it('can be aborted if it is the first, and then nothing is live', async () => {
    account.push(A, { behaviour: { healthy: 500 } });
    const running = deploy(A);
    while (account.ecs.scheduler === undefined) await sleep(10);
    const aborted = await account.run('abort');
    expect(aborted.code, aborted.stderr).toBe(EXIT.done);
    expect(aborted.stdout).toContain('No image is live, because it was the first release');
    expect((await running).code).toBe(EXIT.rolledBack);
  });

  it('is recorded as interrupted by Ctrl-C, and ECS continues', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 300 } });
    const { code, stderr } = await account.run(`deploy ${B}`, {}, async (signal) => {
      await untilDeploying(B);
      signal('SIGINT');
    });
    expect(code, stderr).toBe(EXIT.interrupted);
    expect(JSON.parse((await account.run('history --json')).stdout)[0]).toMatchObject({
      tag: B,
      result: 'interrupted',
    });
    expect((await account.run('wait')).code).toBe(EXIT.done);
  });

  it.each(['wait', 'another release'])(
    'is rolled back to after its timeout, once %s has seen it live',
    async (by) => {
      await withALive();
      account.push(B, { behaviour: { healthy: 200 } });
      expect((await deploy(B, ' --timeout 0.02')).code).toBe(EXIT.timedOut);
      if (by === 'wait') expect((await account.run('wait')).stdout).toContain(`cars-api:2 is live: ${B}`);
      while (account.live().running < 3 || account.isDeploying()) await sleep(10);
      account.push(C);
      await account.release(C);
      const run = await account.run('rollback');
      expect(run.code, run.stderr).toBe(EXIT.done);
      expect(account.live()).toMatchObject({ tag: B });
    },
  );

  it('can be waited for after its timeout', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 400 } });
    const run = await deploy(B, ' --timeout 0.02');
    expectOutcome(run, 'Not finished within `--timeout`');
    // Without the environment, it would be about production whichever failed.
    expect(run.stderr).toContain('aws-deploy.sh wait --environment production, or');
    const waited = await account.run('wait');
    expect(waited.code, waited.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: B, running: 3 });
  });

  it('does not take a deployment that somebody else started for its own', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 500 } });
    const running = deploy(B);
    await untilDeploying(B);
    deployPastTheProgram();
    expectOutcome(await running, 'Somebody starts another deployment, for example in the AWS console');
  });

  it('retries when AWS throttles', async () => {
    await withALive();
    account.push(B);
    let requests = 0;
    account.refuse = () => {
      requests += 1;
      if (requests % 3 === 0) throw new AwsError('ThrottlingException', 'Rate exceeded');
    };
    const run = await deploy(B);
    account.refuse = () => {};
    expectOutcome(run, 'AWS throttles some requests');
  });

  it('reports expired credentials, and ECS continues', async () => {
    await withALive();
    account.push(B);
    let isUpdated = false;
    account.refuse = (_service, action) => {
      if (isUpdated)
        throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
      if (action === 'UpdateService') isUpdated = true;
    };
    const run = await deploy(B);
    account.refuse = () => {};
    expectOutcome(run, 'Credentials expire during the release');
    const waited = await account.run('wait');
    expect(waited.code, waited.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: B });
  });

  it('does not touch the service when the migration fails', async () => {
    await withALive();
    const digest = account.push(B);
    account.driver.script(
      digest,
      { ends: { after: 1, code: 1 }, prints: ['0004-break: Table exists'] },
      'migrate',
    );
    const run = await deploy(B);
    expectOutcome(run, 'The migration fails');
    expect(run.stderr).toContain('0004-break: Table exists');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
  });
});

describe('deploy changes nothing and fails', () => {
  it('with --if-live, when another image is live', async () => {
    await withALive();
    account.push(B);
    const other = await account.run(`deploy ${B} --if-live ${C}`);
    expectOutcome(other, '`deploy --if-live`: another image is live');
    expect(account.live()).toMatchObject({ tag: A });
    const run = await account.run(`deploy ${B} --if-live ${A}`);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: B });
  });

  /** What a run could have changed: tasks, revisions, the ledger, the tags of images. */
  async function state(): Promise<unknown> {
    const { stdout } = await account.run('history --json');
    return [
      account.board.tasks.map(({ id, state }) => [id, state]),
      account.ecs.find('cars-api-migrate').revision,
      JSON.parse(stdout),
      await account.registry.handler('DescribeImages', {}),
    ];
  }

  it('with --again, before the first release', async () => {
    expectOutcome(await account.run('deploy --again'), '`deploy --again` before the first release');
  });

  it('when the image does not exist', async () => {
    expectOutcome(await deploy('c0ffee1'), 'No such image');
  });

  it('when several images match the tag', async () => {
    account.push(`abc${'1'.repeat(37)}`);
    account.push(`abc${'2'.repeat(37)}`);
    expectOutcome(await deploy('abc'), 'The tag matches several images');
  });

  it('when the image is built for another architecture', async () => {
    account.push(A, { architecture: 'arm64' });
    expectOutcome(await deploy(A), 'The image is for another architecture');
  });

  it('when a secret is missing', async () => {
    account.push(A);
    account.otherServices.remove('arn:aws:secretsmanager:eu-central-1:123456789012:secret:master');
    expectOutcome(await deploy(A), 'A secret or a role that tasks need is missing');
  });

  it('when the live image cannot work with the new migrations', async () => {
    await withALive();
    account.push(B, { schema: 3, oldestCompatible: 2 });
    const before = await state();
    expectOutcome(await deploy(B), 'The live image cannot work with a migration of the new image');
    expect(await state()).toEqual(before);
  });

  it('when the image does not declare which code works with its migrations', async () => {
    await withALive();
    account.push(B, { labels: { [LABELS.schema]: '2' } });
    const outcome = 'The image does not declare which code works with its migrations';
    expectOutcome(await deploy(B), outcome);
  });

  it('when a deployment is in progress', async () => {
    account.driver.script(await withALive(), { healthy: 500 });
    deployPastTheProgram();
    expectOutcome(await deploy(A), 'A deployment is in progress');
  });

  it('when another run holds the lock, and names that run', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 300 } });
    const first = deploy(B);
    await untilDeploying(B);
    expectOutcome(await deploy(A), 'Another run holds the lock');
    expect((await first).code).toBe(EXIT.done);
  });
});

it.each(['rollback', 'wait', 'abort', 'run -- inspect', 'keys list'])(
  '%s fails before the first release',
  async (command) => {
    const outcome = '`rollback`, `wait`, `abort`, `run` or `keys` before the first release';
    expectOutcome(await account.run(command), outcome);
  },
);

describe('a migration that removes something', () => {
  const contracting = { schema: 3, oldestCompatible: 2 };

  it('is allowed when the live image has the schema that it requires', async () => {
    account.push(B, { schema: 2 });
    await account.release(B);
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: C });
  });

  it('is allowed after a first release that failed', async () => {
    account.push(A, { behaviour: { ends: { after: 1, code: 1 } } });
    await expect(account.release(A)).rejects.toMatchObject({ exit: 'rolledBack' });
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
  });

  it('is allowed with a warning when the live image does not declare its schema', async () => {
    account.push(A, { labels: {} });
    await account.release(A);
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('The live image does not declare its schema');
  });

  it('is allowed with a warning when the registry has lost the live image', async () => {
    await withALive();
    const { containerDefinitions: [container] = [], ...definition } = account.ecs.find('cars-api');
    const image = container?.image?.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
    await account.ecs.handler('RegisterTaskDefinition', {
      ...definition,
      containerDefinitions: [{ ...container, image }],
    });
    deployPastTheProgram({ taskDefinition: 'cars-api' });
    await account.run('wait');
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('The live image does not declare its schema');
  });

  it('is not checked when the live image is deployed again', async () => {
    account.push(A, { labels: {} });
    await account.release(A);
    const run = await account.run('deploy --again');
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).not.toContain('does not declare');
  });
});

describe('rollback', () => {
  it('undoes the last release, and goes further back only to a release that is named', async () => {
    await withALive();
    for (const tag of [B, C]) {
      account.push(tag);
      await account.release(tag);
    }
    const once = await account.run('rollback');
    expect(once.code, once.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: B });
    const again = await account.run('rollback');
    expectOutcome(again, '`rollback`: the last release is undone already');
    expect(again.stderr).toContain(`rollback --environment production ${A}`);
    expect(account.live()).toMatchObject({ tag: B });
    expectOutcome(await account.run(`rollback ${A}`), '`rollback`');
    expect(account.live()).toMatchObject({ tag: A, running: 3 });
    const { stdout } = await account.run('history --json');
    const entries = JSON.parse(stdout).map(
      ({ kind, tag, result }: Record<string, string>) => `${kind} ${tag?.[0]} ${result}`,
    );
    expect(entries).toEqual([
      'rollback a live',
      'rollback b live',
      'deploy c live',
      'deploy b live',
      'deploy a live',
    ]);
  });

  it.each(['is rolled back by ECS', 'fails in its migration'])(
    'does not undo the release before one that %s',
    async (how) => {
      await withALive();
      account.push(B);
      await account.release(B);
      const crash = { ends: { after: 1, code: 1 } };
      const digest = account.push(C, how === 'is rolled back by ECS' ? { behaviour: crash } : { schema: 2 });
      if (how !== 'is rolled back by ECS') account.driver.script(digest, crash, 'migrate');
      expect((await deploy(C)).code).not.toBe(EXIT.done);
      const run = await account.run('rollback');
      if (how === 'is rolled back by ECS') expectOutcome(run, '`rollback`: the last release failed');
      else expect(run).toMatchObject({ code: EXIT.refused, stderr: expect.stringContaining(`${B} is`) });
      expect(run.stderr).toContain(`rollback --environment production ${A}`);
      expect(account.live()).toMatchObject({ tag: B, running: 3 });
    },
  );

  it('goes back to the last release if something else replaced it', async () => {
    await withALive();
    account.push(B);
    await account.release(B);
    deployPastTheProgram({ taskDefinition: 'cars-api:1' });
    await account.run('wait');
    const run = await account.run('rollback');
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: B });
  });

  it('goes to the release that is named, and accepts cars-api:TAG', async () => {
    await withALive();
    account.push(B);
    await account.release(B);
    const other = await account.run(`rollback ${A} --if-live ${A}`);
    expectOutcome(other, '`rollback --if-live`: another image is live');
    const run = await account.run(`rollback cars-api:${A.slice(0, 7)}`);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(account.live()).toMatchObject({ tag: A });
  });

  it('fails when the image cannot work with the database any more, and names the nearest that can', async () => {
    await withALive();
    account.push(B, { schema: 2 });
    await account.release(B);
    const digest = account.push(C, { schema: 3, oldestCompatible: 2 });
    account.applied(digest, [
      { version: 1, oldestCompatible: 1 },
      { version: 2, oldestCompatible: 1 },
      { version: 3, oldestCompatible: 2 },
    ]);
    await account.release(C);
    const run = await account.run(`rollback ${A}`);
    expectOutcome(run, '`rollback`: the image can no longer work with the database');
    expect(run.stderr).toContain(`rollback --environment production ${B}`);
    expect(account.live()).toMatchObject({ tag: C });
    const safe = await account.run(`rollback ${B}`);
    expect(safe.code, safe.stderr).toBe(EXIT.done);
  });

  it('fails when there is no earlier release', async () => {
    await withALive();
    expectOutcome(await account.run('rollback'), '`rollback`: there is no earlier release');
  });

  it('fails when the image is live', async () => {
    await withALive();
    expectOutcome(await account.run(`rollback ${A}`), '`rollback TAG`: the image is live');
  });

  it('fails when the service has no tasks', async () => {
    await withALive();
    deployPastTheProgram({ desiredCount: 0 });
    await account.run('wait');
    expectOutcome(await account.run(`rollback ${A}`), '`rollback`: the service has no tasks');
  });

  describe('to an image that might not work with the database fails', () => {
    async function withBLive(a: ImageOptions = {}): Promise<string> {
      account.push(A, a);
      await account.release(A);
      const digest = account.push(B, { schema: 2 });
      await account.release(B);
      return digest;
    }

    afterEach(() => expect(account.live()).toMatchObject({ tag: B, running: 3 }));

    it('when the image does not declare its schema', async () => {
      await withBLive({ labels: {} });
      expectOutcome(await account.run('rollback'), '`rollback`: the image does not declare its schema');
    });

    it('when a migration was interrupted', async () => {
      const live = await withBLive();
      account.applied(live, [{ version: 2, oldestCompatible: 1, finished: false }]);
      expectOutcome(await account.run('rollback'), '`rollback`: a migration was interrupted');
    });

    it('when the migrations cannot be read', async () => {
      const crash = { ends: { after: 1, code: 1 }, prints: ['no route to the database'] };
      account.driver.script(await withBLive(), crash, 'inspect');
      const run = await account.run('rollback');
      expectOutcome(run, '`rollback`: the migrations cannot be read');
      expect(run.stderr).toContain('no route to the database');
    });
  });
});

describe('run and logs', () => {
  it('run prints what a task of the live image printed', async () => {
    await withALive();
    const run = await account.run('run -- inspect');
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('"cars":7');
  });

  it('run prints every line, from all pages that CloudWatch needs', async () => {
    const prints = Array.from({ length: 250 }, (_, number) => `line ${number}`);
    account.driver.script(await withALive(), { ends: { after: 1, code: 0 }, prints }, 'inspect');
    const run = await account.run('run -- inspect');
    expect(run.stdout.match(/line \d+/g)).toEqual(prints);
  });

  it('run reports the exit code of a task that failed', async () => {
    account.driver.script(await withALive(), { ends: { after: 1, code: 9 }, prints: ['cannot'] }, 'inspect');
    const run = await account.run('run -- inspect');
    expectOutcome(run, 'A task of `run` fails');
    expect(run.stdout).toContain('cannot');
  });

  it('logs prints what the tasks printed', async () => {
    account.push(A, { behaviour: { prints: ['Server listening'] } });
    await account.release(A);
    expect((await account.run('logs')).stdout).toContain('Server listening');
  });
});

it('has a test for every documented outcome', () => {
  expect([...checked].sort()).toEqual(Object.keys(OUTCOMES).sort());
});
