/**
 * Both ways through the workflow, run: the commands of the jobs that release, taken from the parsed YAML, with the real scripts, the real
 * infra/aws-deploy.sh on the local ECS (release-place.ts), a real service and the real smoke test. Docker and npm are stand-ins. What of
 * each job cannot be run here is in docs/deploy/pipeline.md.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findFreePort } from '../../../tools/free-port.ts';
import { RELEASED, releasesTable } from '../../platform/contract.ts';
import { type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { EXIT } from '../../program/core/exit-codes.ts';
import { AwsError } from '../../rehearsal/ecs/handler.ts';
import type { ImageOptions, TestAccount } from '../support/account.ts';
import { makeReleasePlace, type ReleasePlace } from './release-place.ts';
import { type JobRun, ROOT, readWorkflow, runJob } from './workflow.ts';

const { jobs } = readWorkflow('ci-cd.yml');
const CRASHES = { ends: { after: 1, code: 1 } };
let service: ChildProcess;
let url: string;
let place: ReleasePlace;

beforeAll(async () => {
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
afterAll(() => void service.kill());
beforeEach(async () => {
  place = await makeReleasePlace(url);
});
afterEach(async () => {
  place.close();
  // The smoke test has left nothing, however it ended.
  expect(await (await fetch(`${url}/cars`)).text()).toBe('[]');
});

/** Runs a job for a commit where it is to release to, with the expressions that are its own. */
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
    folder: place.folder,
    environment: { ...environment, GITHUB_SHA: commit },
    expressions: { 'vars.ADDRESS': address, 'secrets.CARS_API_KEY': '', ...expressions },
  });
}

/** A commit whose image is in the registry, and the digest that it got there. */
function build(options: ImageOptions = {}): { commit: string; digest: string } {
  const commit = place.commit();
  return { commit, digest: place.push(commit, options) };
}

/** The job of an environment, for an image that was built. */
function release(target: EnvironmentName, { commit, digest }: ReturnType<typeof build>): Promise<JobRun> {
  return run(target, target, commit, { 'needs.image.outputs.digest': digest });
}

/** The job that somebody starts by hand. */
function rollBack(target: EnvironmentName, head: string, tag: string): Promise<JobRun> {
  return run('rollback', target, head, { 'inputs.environment': target, 'inputs.rollback_tag': tag });
}

describe('a push to main', () => {
  it('goes from its image by way of staging to production', async () => {
    const { staging, production } = place.targets;
    const commit = place.commit();
    const image = await run('image', 'production', commit, {
      'steps.registry.outputs.registry': 'registry.example.com',
    });
    expect(image.code, image.stderr).toBe(0);
    expect(place.asked()[0]).toMatch(
      new RegExp(`^docker buildx build .* --tag registry\\.example\\.com/cars-api:${commit} --push `),
    );
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
    expect(production.account.registry.tagsOf(digest)).toEqual([commit, `${RELEASED}${commit}`]);
    for (const target of [staging, production])
      expect(await target.history()).toEqual([`deploy ${commit} live`]);
    expect(place.asked().slice(1)).toEqual(['npm ci --prefix infra', 'npm ci --prefix infra']);
  });

  it('is taken back by itself when the new one does not work, and ends with 20', async () => {
    const [good, bad] = [build(), build()];
    await release('production', good);
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

  it('is taken back when something else than the image that was tested is live', async () => {
    const [first, second] = [build(), build()];
    await release('production', first);
    const { code, stderr } = await release('production', { ...second, digest: 'sha256:another' });
    expect(stderr).toContain('what is live is not sha256:another');
    expect([code, place.targets.production.live()]).toEqual([20, first.commit]);
  });

  it('ends with 21 when there is nothing to go back to', async () => {
    const only = build();
    place.broken.add(only.commit);
    const { code, stderr } = await release('production', only);
    expect(stderr).toContain('there is nothing before it to go back to');
    expect(code).toBe(21);
  });

  it('ends with 21 when what was live before does not come up any more', async () => {
    const [good, bad] = [build(), build()];
    await release('production', good);
    // What worked once does so no more: a secret that it needs has changed, say.
    place.targets.production.account.driver.script(good.digest, CRASHES);
    place.broken.add(bad.commit);
    const { code, stderr } = await release('production', bad);
    expect(stderr).toContain(`going back to ${good.commit}`);
    expect(stderr).toContain('ECS rolled the release back: ECS deployment circuit breaker');
    expect([code, place.targets.production.live()]).toEqual([21, bad.commit]);
  });

  it('does not take production back when it is approved late', async () => {
    const [older, newer] = [build(), build()];
    await release('production', newer);
    const { code, stderr } = await release('production', older);
    expect(stderr).toContain(`${newer.commit}, which is live, is newer than ${older.commit}`);
    expect([code, place.targets.production.live()]).toEqual([5, newer.commit]);
  });
});

interface Obstacle {
  readonly exit: keyof typeof EXIT;
  readonly image?: ImageOptions;
  /** What else is put into its way, once its image is there. */
  readonly before?: (account: TestAccount, digest: string) => unknown;
}

const OBSTACLES: readonly Obstacle[] = [
  { exit: 'rolledBack', image: { behaviour: CRASHES } },
  { exit: 'refused', image: { schema: 3, oldestCompatible: 2 } },
  { exit: 'locked', before: lock },
  { exit: 'migrationFailed', before: ({ driver }, digest) => driver.script(digest, CRASHES, 'migrate') },
  { exit: 'denied', before: deny },
];

it.each(OBSTACLES)('ends as the release program does ($exit), without a smoke test', async (obstacle) => {
  const { exit, image, before } = obstacle;
  const { live, account } = place.targets.staging;
  const good = build();
  await release('staging', good);
  const bad = build(image);
  await before?.(account, bad.digest);
  const { code, stdout, stderr } = await release('staging', bad);
  expect(code, stderr).toBe(EXIT[exit]);
  expect(stdout).not.toContain('alive');
  expect(live()).toBe(good.commit);
});

describe('a rollback by hand', () => {
  it.each(['staging', 'production'] as const)(
    'of %s takes it to the tag, and does nothing else',
    async (target) => {
      const { live, history, account, address } = place.targets[target];
      const [first, second] = [build(), build()];
      await release(target, first);
      await release(target, second);
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
      expect(place.asked()).toEqual(Array(3).fill('npm ci --prefix infra'));
    },
  );

  it('tells, with 1, when what is live then does not work', async () => {
    const [first, second] = [build(), build()];
    await release('staging', first);
    await release('staging', second);
    place.broken.add(first.commit);
    const { code } = await rollBack('staging', second.commit, first.commit);
    expect([code, place.targets.staging.live()]).toEqual([1, first.commit]);
  });

  it('is refused, with 5, where the database has outgrown the tag', async () => {
    const [first, second, third] = [build(), build({ schema: 2 }), build({ schema: 3, oldestCompatible: 2 })];
    for (const image of [first, second, third]) await release('staging', image);
    const { code, stdout, stderr } = await rollBack('staging', third.commit, first.commit);
    expect(stderr).toContain(`rollback ${second.commit}`);
    expect([code, place.targets.staging.live()]).toEqual([5, third.commit]);
    expect(stdout).not.toContain('alive');
  });
});

/** Leaves the lock as a run that was killed a moment ago does. */
async function lock({ url: endpoint }: TestAccount): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const dynamo = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials });
  const [pk, sk] = [{ S: 'lock' }, { S: 'lock' }];
  const until = { N: String(Math.floor(Date.now() / 1000) + 60) };
  const TableName = releasesTable(prefixOf('staging'));
  await dynamo.send(new PutItemCommand({ TableName, Item: { pk, sk, until } }));
}

function deny(account: TestAccount): void {
  account.refuse = () => {
    throw new AwsError('AccessDeniedException', 'these credentials may not', 403);
  };
}
