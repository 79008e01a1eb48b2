/** The rules of the rehearsal that need no container: what is played, how it is judged, and what a task definition is as a container. */

import type { TaskDefinition } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../program/core/exit-codes.ts';
import { ACTS, type Act, WAYS } from '../../rehearsal/acts.ts';
import { readPlatform, type Template } from '../../rehearsal/ecs/local-platform.ts';
import { faultsOf, type Outcome } from '../../rehearsal/judge.ts';
import { argumentsOf } from '../../rehearsal/run-arguments.ts';
import { synthesise } from '../support/synthesised.ts';

const act = (title: string) => ACTS.find((one) => one.title === title) as Act;
const GOOD = act('from A to B');
const CONTROL = act('control: a task is killed without draining');

const WELL: Outcome = {
  run: { code: EXIT.done, seconds: 90 },
  own: 15,
  live: 'image-b',
  requests: 100_000,
  failures: 0,
};

describe('a good release', () => {
  it('is one that loses none of 100,000 requests, within its budget', () => {
    expect(faultsOf(GOOD, WELL)).toEqual([]);
  });

  it.each<[string, Partial<Outcome>, string]>([
    ['ends otherwise', { run: { code: EXIT.rolledBack, seconds: 50 } }, 'its exit code is 3, and must be 0'],
    ['leaves another image live', { live: 'image-a' }, 'image-a is live, and image-b must be'],
    ['was asked less', { requests: 99_999 }, '99999 requests, and at least 100000 must be'],
    ['loses one request', { failures: 1 }, '1 requests failed, and none may'],
    ['takes too long', { run: { code: 0, seconds: 90.1 } }, 'it took 90.1 s, and 90 s are allowed'],
    ['waits too long itself', { own: 15.1 }, '15.1 s of it were our own waiting, and 15 are allowed'],
  ])('is none that %s', (_, change, fault) => {
    expect(faultsOf(GOOD, { ...WELL, ...change })).toEqual([fault]);
  });

  it('is asked for in both directions', () => {
    expect(act('back to A')).toMatchObject({
      requests: GOOD.requests,
      failures: GOOD.failures,
      budget: GOOD.budget,
    });
  });
});

it('has a bad release of each way to go wrong, none of which may leave its image live', () => {
  const bad = ACTS.filter(({ tag = '' }) => WAYS.includes(tag.replace('image-', '')));
  expect(bad.map(({ tag }) => tag)).toEqual(WAYS.map((way) => `image-${way}`));
  for (const { live, exit } of bad) {
    expect(live).toBe('image-a');
    expect([EXIT.rolledBack, EXIT.migrationFailed]).toContain(exit);
  }
});

it('is not believed where even a killed task fails no request', () => {
  const outcome = { ...WELL, own: undefined, live: 'image-a' };
  expect(faultsOf(CONTROL, outcome)).toEqual(['no request failed, so this load would not notice any']);
  expect(faultsOf(CONTROL, { ...outcome, failures: 1 })).toEqual([]);
});

it('runs a container as the task definition says', () => {
  const template = synthesise().templates.get('cars-api-service') as Template;
  const { taskDefinitions } = readPlatform(template, 0);
  const { containerDefinitions: [container] = [] } = taskDefinitions.find(
    ({ family }) => family === 'cars-api',
  ) as TaskDefinition;
  expect(container).toBeDefined();
  const words = argumentsOf(container ?? {}).join(' ');
  expect(words).toContain(`--user ${container?.user} --read-only --cap-drop ALL`);
  expect(words).toContain(`--stop-timeout ${container?.stopTimeout}`);
  expect(words).toContain('--publish 127.0.0.1::5000');
  expect(words).toContain('--health-cmd node /app/dist/healthcheck.js');
  expect(words).toContain(`--health-interval ${container?.healthCheck?.interval}s`);
});
