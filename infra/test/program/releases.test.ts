/**
 * Every way that a release can go, with `infra/aws-deploy.sh` as it is typed and the local ECS with tasks that do as the test says. What
 * each prints and its exit code become the table of docs/deploy/releasing.md: `WRITE_DOCS=1 npm test` writes it anew.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABELS } from '../../platform/contract.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError } from '../../rehearsal/ecs/handler.ts';
import { startTestAccount, type TestAccount } from '../support/account.ts';
import type { Run } from '../support/run-program.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

let account: TestAccount;
beforeEach(async () => {
  account = await startTestAccount();
});
afterEach(() => account.close());

const deploy = (tag: string, more = '') => account.run(`deploy${more}`, { IMAGE_TAG: tag });

/** Brings A live, so that there is something to go back to. */
async function withALive(): Promise<string> {
  const digest = account.push(A);
  const { code, stderr } = await deploy(A);
  expect(code, stderr).toBe(EXIT.done);
  return digest;
}

/** What runs now, by tag. */
async function live(): Promise<{ tag: string; running: number; desired: number; least: number }> {
  const { stdout } = await account.run('status --json');
  return JSON.parse(stdout);
}

const rows: string[] = [];
/** Notes a row of the table: what happened, what was printed last, the exit code. */
function note(outcome: string, { code, stderr, stdout }: Run): void {
  const said = stderr.trim() || stdout.trim();
  const [message = ''] = said.split('\n').filter((line) => !line.startsWith('→'));
  const shown = (
    stderr.trim() === '' ? (stdout.split('\n').find((line) => line.includes(' is live ')) ?? '') : message
  )
    .replaceAll(/[0-9a-f]{40}/g, (tag) => `${tag.slice(0, 7)}…`)
    .replaceAll(/sha256:[0-9a-f]{12}[0-9a-f…]*/g, 'sha256:…')
    .replaceAll(/ecs-svc\/\d+/g, 'ecs-svc/…')
    .replaceAll(/\d+(\.\d+)? s$/g, '… s')
    .replaceAll(/task [0-9a-f]{32}/g, 'task …')
    .replaceAll(/ by \S+ on \S+ \(/g, ' by … (')
    .replaceAll(/since \S+$/g, 'since …')
    .replaceAll(/localhost:\d+/g, '…')
    .replaceAll('|', '\\|');
  rows.push(`| ${outcome} | ${shown} | ${code} |`);
}

describe('a release', () => {
  it('is the first one: from no task to as many as the environment asks for', async () => {
    account.push(A);
    const run = await deploy(A.slice(0, 7));
    expect(run.code, run.stderr).toBe(EXIT.done);
    note('The first release', run);
    expect(await live()).toMatchObject({ tag: A, running: 3, desired: 3, least: 3 });
    expect(run.stdout).toMatch(/migrate +\d/);
    expect(account.registry.tagsOf(account.push('other'))).toEqual(['other']);
  });

  it('replaces the one before, keeps the number of tasks, and keeps its image from clean-up', async () => {
    await withALive();
    account.ecs.handler('UpdateService', {
      cluster: 'cars-api',
      taskDefinition: 'cars-api:2',
      desiredCount: 5,
      forceNewDeployment: true,
    });
    await account.run('wait');
    const digest = account.push(B);
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.done);
    note('A release', run);
    expect(await live()).toMatchObject({ tag: B, running: 5, desired: 5 });
    expect(account.registry.tagsOf(digest)).toEqual([B, `released-${B}`]);
  });

  it('is the live image again, without a tag', async () => {
    await withALive();
    const run = await account.run('deploy');
    expect(run.code, run.stderr).toBe(EXIT.done);
    note('The same image again', run);
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });

  it('starts slowly, and is waited for', async () => {
    await withALive();
    account.push(B, { behaviour: { starts: 20, healthy: 20 } });
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.done);
    note('Tasks that start slowly', run);
    expect(await live()).toMatchObject({ tag: B });
  });

  it('crashes in a loop: ECS rolls it back, and its last words are shown', async () => {
    await withALive();
    account.push(B, {
      behaviour: { ends: { after: 1, code: 1 }, says: ['{"level":"fatal","message":"no such setting"}'] },
    });
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    note('Tasks that crash (circuit breaker)', run);
    expect(run.stderr).toContain('exit code 1');
    expect(run.stderr).toContain('no such setting');
    expect(run.stderr).toContain('The release before it is live again');
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });

  it('has an image that cannot be pulled: rolled back, with the reason', async () => {
    await withALive();
    account.push(B, { behaviour: { starts: 'never' } });
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    note('An image that cannot be pulled', run);
    expect(run.stderr).toContain('CannotPullContainerError');
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });

  it('never becomes healthy: rolled back, with what the load balancer says', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 'never' } });
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    note('A health check that never passes', run);
    expect(run.stderr).toContain('Task failed ELB health checks');
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });

  it('makes an alarm ring: rolled back, with the alarm and its runbook', async () => {
    await withALive();
    account.push(B, { behaviour: { rings: 'cars-api-target-5xx' } });
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    note('An alarm rings', run);
    expect(run.stderr).toContain('cars-api-target-5xx');
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });

  it('is the first one and fails: there is nothing to go back to, and that is said', async () => {
    account.push(A, { behaviour: { ends: { after: 1, code: 1 } } });
    const run = await deploy(A);
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    note('The first release fails', run);
    expect(run.stderr).toContain('tasks failed to start');
  });

  it('is stopped by somebody: rolled back, and both runs say so', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 500 } });
    const [run, aborted] = await Promise.all([
      deploy(B),
      (async () => {
        while ((await live()).tag !== B) await sleep(100);
        return account.run('abort');
      })(),
    ]);
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    expect(aborted.code, aborted.stderr).toBe(EXIT.done);
    note('Somebody stops it (`abort`)', run);
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });

  it('is not finished in time: that is no failure yet, and it can be waited for', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 400 } });
    const run = await deploy(B, ' --timeout 0.02');
    expect(run.code, run.stderr).toBe(EXIT.timedOut);
    note('Not finished within `--timeout`', run);
    expect(run.stderr).toContain('abort stops it');
    const waited = await account.run('wait');
    expect(waited.code, waited.stderr).toBe(EXIT.done);
    expect(await live()).toMatchObject({ tag: B, running: 3 });
  });

  it('is not mixed up with a deployment that somebody else began meanwhile', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 500 } });
    const running = deploy(B);
    while ((await live()).tag !== B) await sleep(100);
    account.ecs.handler('UpdateService', {
      cluster: 'cars-api',
      taskDefinition: 'cars-api:2',
      forceNewDeployment: true,
    });
    const run = await running;
    expect(run.code, run.stderr).toBe(EXIT.rolledBack);
    note('Another deployment takes its place', run);
    expect(run.stderr).toContain('the release is not live');
  });

  it('goes on when AWS throttles', async () => {
    await withALive();
    account.push(B);
    let calls = 0;
    account.refuse = () => {
      calls += 1;
      if (calls % 3 === 0) throw new AwsError('ThrottlingException', 'Rate exceeded');
    };
    const run = await deploy(B);
    account.refuse = () => {};
    expect(run.code, run.stderr).toBe(EXIT.done);
    note('AWS throttles every third call', run);
  });

  it('loses its credentials half-way: says so, and ECS goes on', async () => {
    await withALive();
    account.push(B);
    let updated = false;
    account.refuse = (_service, action) => {
      if (updated)
        throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
      if (action === 'UpdateService') updated = true;
    };
    const run = await deploy(B);
    account.refuse = () => {};
    expect(run.code, run.stderr).toBe(EXIT.expiredCredentials);
    note('Credentials expire half-way', run);
    const waited = await account.run('wait');
    expect(waited.code, waited.stderr).toBe(EXIT.done);
    expect(await live()).toMatchObject({ tag: B });
  });

  it('has a migration that fails: the service is not touched', async () => {
    await withALive();
    const digest = account.push(B);
    account.driver.script(
      digest,
      { ends: { after: 1, code: 1 }, says: ['0004-break: Table exists'] },
      'migrate',
    );
    const run = await deploy(B);
    expect(run.code, run.stderr).toBe(EXIT.migrationFailed);
    note('The migration fails', run);
    expect(run.stderr).toContain('0004-break: Table exists');
    expect(await live()).toMatchObject({ tag: A, running: 3 });
  });
});

describe('is refused before anything changes', () => {
  /** What a run could have changed: tasks, revisions, the ledger, the tags of images. */
  async function seen(): Promise<unknown> {
    const { stdout } = await account.run('history --json');
    return [
      account.board.tasks.map(({ id, state }) => [id, state]),
      account.ecs.find('cars-api-migrate').revision,
      JSON.parse(stdout),
      await account.registry.handler('DescribeImages', {}),
    ];
  }

  async function expectRefused(run: Run, outcome: string, words: string): Promise<void> {
    expect(run.code, run.stderr).toBe(EXIT.refused);
    expect(run.stderr).toContain(words);
    note(outcome, run);
  }

  it('an image that is not there', async () => {
    await expectRefused(await deploy('c0ffee1'), 'No such image', 'there is no image with the tag c0ffee1');
  });

  it('a tag that several images begin with', async () => {
    account.push(`abc${'1'.repeat(37)}`);
    account.push(`abc${'2'.repeat(37)}`);
    await expectRefused(await deploy('abc'), 'A tag that may be any of several', 'abc may be any of');
  });

  it('an image that is built for another architecture', async () => {
    account.push(A, { architecture: 'arm64' });
    await expectRefused(await deploy(A), 'An image for another architecture', 'built for arm64');
  });

  it('a secret that is gone', async () => {
    account.push(A);
    account.bystanders.lose('arn:aws:secretsmanager:eu-central-1:123456789012:secret:app');
    await expectRefused(
      await deploy(A),
      'A secret or a role that tasks need is gone',
      'does not exist, and tasks need it',
    );
  });

  it('migrations that the live image would not survive', async () => {
    await withALive();
    account.push(B, { schema: 3, oldestCompatible: 2 });
    const before = await seen();
    await expectRefused(
      await deploy(B),
      'A migration that the live image would not survive',
      'need code of schema 2 or newer, and what is live knows schema 1',
    );
    expect(await seen()).toEqual(before);
  });

  it('migrations of an image that does not say what works with them', async () => {
    await withALive();
    account.push(B, { labels: { [LABELS.schema]: '2' } });
    const before = await seen();
    await expectRefused(
      await deploy(B),
      'An image that does not say what works with its migrations',
      'does not say which code works on its schema',
    );
    expect(await seen()).toEqual(before);
  });

  it('a deployment that is under way', async () => {
    account.driver.script(await withALive(), { healthy: 500 });
    account.ecs.handler('UpdateService', {
      cluster: 'cars-api',
      taskDefinition: 'cars-api:2',
      forceNewDeployment: true,
    });
    await expectRefused(await deploy(A), 'A deployment is under way', 'is under way');
  });

  it('a second run at the same time, with who the first one is', async () => {
    await withALive();
    account.push(B, { behaviour: { healthy: 600 } });
    const first = deploy(B);
    while ((await live()).tag !== B) await sleep(50);
    const second = await deploy(A);
    expect(second.code, second.stderr).toBe(EXIT.locked);
    note('Another run holds the lock', second);
    expect((await first).code).toBe(EXIT.done);
  });
});

describe('a migration that removes something', () => {
  const C = 'c'.repeat(40);
  const contracting = { schema: 3, oldestCompatible: 2 };

  it('is released once the live image knows the schema that it needs', async () => {
    await withALive();
    account.push(B, { schema: 2 });
    account.push(C, contracting);
    for (const tag of [B, C]) {
      const run = await deploy(tag);
      expect(run.code, run.stderr).toBe(EXIT.done);
    }
    expect(await live()).toMatchObject({ tag: C });
  });

  it('hinders neither a first release, nor the one after a first release that failed', async () => {
    account.push(A, { behaviour: { ends: { after: 1, code: 1 } } });
    expect((await deploy(A)).code).toBe(EXIT.rolledBack);
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
  });

  it('is not looked into where the live image says nothing: that is said, and it goes on', async () => {
    account.push(A, { labels: {} });
    await deploy(A);
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('The live image does not say which schema it knows');
  });

  it('is not looked into where the registry has the live image no more', async () => {
    await withALive();
    const { containerDefinitions: [container] = [], ...definition } = account.ecs.find('cars-api');
    const image = container?.image?.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
    await account.ecs.handler('RegisterTaskDefinition', {
      ...definition,
      containerDefinitions: [{ ...container, image }],
    });
    await account.ecs.handler('UpdateService', { cluster: 'cars-api', taskDefinition: 'cars-api' });
    await account.run('wait');
    account.push(C, contracting);
    const run = await deploy(C);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('The live image does not say which schema it knows');
  });

  it('is not looked into for the live image again, whose migrations are applied', async () => {
    account.push(A, { labels: {} });
    await deploy(A);
    const run = await account.run('deploy');
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).not.toContain('does not say');
  });
});

describe('rollback', () => {
  const C = 'c'.repeat(40);

  it('goes to the release before, and a second one further back', async () => {
    await withALive();
    for (const tag of [B, C]) {
      account.push(tag);
      expect((await deploy(tag)).code).toBe(EXIT.done);
    }
    const once = await account.run('rollback');
    expect(once.code, once.stderr).toBe(EXIT.done);
    expect(await live()).toMatchObject({ tag: B });
    const twice = await account.run('rollback');
    expect(twice.code, twice.stderr).toBe(EXIT.done);
    note('`rollback`', twice);
    expect(await live()).toMatchObject({ tag: A, running: 3 });
    const { stdout } = await account.run('history --json');
    const kinds = JSON.parse(stdout).map(
      ({ kind, tag, result }: Record<string, string>) => `${kind} ${tag?.[0]} ${result}`,
    );
    expect(kinds).toEqual([
      'rollback a live',
      'rollback b live',
      'deploy c live',
      'deploy b live',
      'deploy a live',
    ]);
  });

  it('goes to the release that is named, with the name of the repository before it', async () => {
    await withALive();
    account.push(B);
    await deploy(B);
    const run = await account.run(`rollback cars-api:${A.slice(0, 7)}`);
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(await live()).toMatchObject({ tag: A });
  });

  it('is refused where the database has outgrown the image, and names the nearest that is safe', async () => {
    await withALive();
    account.push(B, { schema: 2 });
    await deploy(B);
    const digest = account.push(C, { schema: 3, oldestCompatible: 2 });
    account.applied(digest, [
      { version: 1, oldestCompatible: 1 },
      { version: 2, oldestCompatible: 1 },
      { version: 3, oldestCompatible: 2 },
    ]);
    await deploy(C);
    const run = await account.run(`rollback ${A}`);
    expect(run.code, run.stderr).toBe(EXIT.refused);
    note('`rollback` to an image that the database has outgrown', run);
    expect(run.stderr).toContain(`rollback ${B}`);
    expect(await live()).toMatchObject({ tag: C });
    const safe = await account.run(`rollback ${B}`);
    expect(safe.code, safe.stderr).toBe(EXIT.done);
  });

  it('is refused where there is nothing before', async () => {
    await withALive();
    const run = await account.run('rollback');
    expect(run.code, run.stderr).toBe(EXIT.refused);
    note('`rollback` with nothing before', run);
  });
});

describe('beside releases', () => {
  it('runs a command in a task of the live image', async () => {
    await withALive();
    const run = await account.run('run -- inspect');
    expect(run.code, run.stderr).toBe(EXIT.done);
    expect(run.stdout).toContain('"cars":7');
  });

  it('says with which code such a task failed', async () => {
    await withALive();
    const image = account.push(B);
    await deploy(B);
    account.driver.script(image, { ends: { after: 1, code: 9 }, says: ['cannot'] }, 'inspect');
    const run = await account.run('run -- inspect');
    expect(run.code, run.stderr).toBe(EXIT.taskFailed);
    note('A task of `run` fails', run);
    expect(run.stdout).toContain('cannot');
  });

  it('shows what the tasks have printed', async () => {
    account.push(A, { behaviour: { says: ['Server listening'] } });
    await deploy(A);
    expect((await account.run('logs')).stdout).toContain('Server listening');
  });
});

const PAGE = join(import.meta.dirname, '../../../docs/deploy/releasing.md');
const MARKS = ['<!-- outcomes -->\n', '<!-- /outcomes -->'] as const;

afterAll(() => {
  const table = [
    '',
    '| outcome | what is printed (the first line) | exit code |',
    '|---|---|---|',
    ...rows,
    '',
    '',
  ].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  const [before = '', rest = ''] = page.split(MARKS[0]);
  const [written = '', after = ''] = rest.split(MARKS[1]);
  if (process.env['WRITE_DOCS']) writeFileSync(PAGE, [before, MARKS[0], table, MARKS[1], after].join(''));
  else
    expect(written, 'docs/deploy/releasing.md is not what the tests saw: WRITE_DOCS=1 npm test').toBe(table);
});
