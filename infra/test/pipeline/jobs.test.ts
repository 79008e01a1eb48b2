/**
 * The commands of the jobs that release, taken from the parsed workflow and run: the way to production, and the way back. The real scripts, a
 * real service and the real smoke test; the release program and Docker are stand-ins (release-place.ts).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { findFreePort } from '../../../test/support/free-port.ts';
import { makeReleasePlace, type ReleasePlace } from './release-place.ts';
import { type JobRun, ROOT, readWorkflow, runJob } from './workflow.ts';

const { jobs } = readWorkflow('ci-cd.yml');
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
  expect(await (await fetch(`${url}/cars`)).text()).toBe('[]');
  place.close();
});

/** Runs a job for a commit, or with what was chosen by hand. */
function run(
  name: string,
  commit: string,
  inputs: Record<string, string> = {},
  digest = `sha256:${commit}`,
): Promise<JobRun> {
  const job = jobs[name];
  if (job === undefined) throw new Error(`there is no job ${name}`);
  return runJob(job, {
    folder: place.folder,
    environment: { ...place.environment, GITHUB_SHA: commit, GITHUB_REPOSITORY: 'example/cars-api' },
    expressions: {
      'vars.ADDRESS': place.address,
      'secrets.CARS_API_KEY': '',
      'steps.registry.outputs.registry': 'registry.example.com',
      'needs.image.outputs.digest': digest,
      ...inputs,
    },
  });
}

it('brings a commit from its image by way of staging to production', async () => {
  const commit = place.commit();
  const image = await run('image', commit);
  expect([image.code, image.outputs]).toEqual([0, { 'steps.build.outputs.digest': `sha256:${commit}` }]);
  expect(place.asked()[0]).toMatch(
    new RegExp(`^docker buildx build .* --tag registry\\.example\\.com/cars-api:${commit} --push `),
  );
  for (const environment of ['staging', 'production']) {
    const { code, stdout } = await run(environment, commit);
    expect([code, place.live()]).toEqual([0, commit]);
    expect(stdout).toContain(`${place.address} works`);
    expect(place.asked().slice(-2)).toEqual([
      'npm ci --prefix infra',
      `aws-deploy.sh deploy --environment ${environment}`,
    ]);
  }
});

it('goes back by itself to what was live when the new one does not work, and ends with 20', async () => {
  const [good, bad] = [place.commit(), place.commit()];
  await run('production', good);
  place.broken.add(bad);
  const { code, stderr, stdout } = await run('production', bad);
  expect(stderr).toContain('POST /cars answered 500 instead of 201: out of order');
  expect([code, place.live()]).toEqual([20, good]);
  expect(place.asked().at(-1)).toBe(`aws-deploy.sh rollback ${good} --environment production`);
  expect(stdout.trimEnd()).toMatch(/ works$/);
});

it('goes back when something else than the image that was tested is live', async () => {
  const [first, second] = [place.commit(), place.commit()];
  await run('production', first);
  const { code, stderr } = await run('production', second, {}, 'sha256:another');
  expect(stderr).toContain('what is live is not sha256:another');
  expect([code, place.live()]).toEqual([20, first]);
});

it('says so, with 21, when it cannot go back', async () => {
  const [good, bad] = [place.commit(), place.commit()];
  place.broken.add(good).add(bad);
  expect(await run('production', good)).toMatchObject({
    code: 21,
    stderr: expect.stringContaining('there is nothing before it to go back to'),
  });
  place.broken.delete(good);
  await run('production', good);
  writeFileSync(join(place.folder, 'fails-back'), '5');
  expect(await run('production', bad)).toMatchObject({ code: 21 });
  expect(place.live()).toBe(bad);
});

it.each([3, 4, 5, 6, 7])('ends as the release program does (%i), without a smoke test', async (exitCode) => {
  const commit = place.commit();
  writeFileSync(join(place.folder, 'fails'), String(exitCode));
  const { code, stdout } = await run('staging', commit);
  expect(code).toBe(exitCode);
  expect(stdout).not.toContain('alive');
});

it('does not take production back when an older run is approved late', async () => {
  const [older, newer] = [place.commit(), place.commit()];
  await run('production', newer);
  const { code, stderr } = await run('production', older);
  expect(stderr).toContain(`${newer}, which is live, is newer than ${older}`);
  expect([code, place.live()]).toEqual([5, newer]);
});

it('rolls back by hand, and only that; and tells when what is live then does not work', async () => {
  const [first, second] = [place.commit(), place.commit()];
  await run('staging', first);
  await run('staging', second);
  const chosen = { 'inputs.environment': 'staging', 'inputs.rollback_tag': first };
  const done = await run('rollback', second, chosen);
  expect([done.code, place.live()]).toEqual([0, first]);
  expect(place.asked().slice(-2)).toEqual([
    'npm ci --prefix infra',
    `aws-deploy.sh rollback ${first} --environment staging`,
  ]);
  place.broken.add(second);
  const failed = await run('rollback', first, { ...chosen, 'inputs.rollback_tag': second });
  expect([failed.code, place.live()]).toEqual([1, second]);
});
