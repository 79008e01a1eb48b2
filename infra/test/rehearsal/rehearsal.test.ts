/**
 * The parts of the rehearsal that need no container: the acts, how they are judged, the environment
 * of the program, and the arguments of `docker run`.
 */

import { describe, expect, it } from 'vitest';
import { EXIT } from '../../program/core/exit-codes.ts';
import { ACTS, type Act, FAILURE_MODES } from '../../rehearsal/acts.ts';
import { readPlatform, type Template } from '../../rehearsal/ecs/local-platform.ts';
import { findFaults, type Outcome } from '../../rehearsal/judge.ts';
import { environmentFor } from '../../rehearsal/program.ts';
import { argumentsOf } from '../../rehearsal/run-arguments.ts';
import { readVariant } from '../support/synthesised.ts';

const act = (title: string) => ACTS.find((one) => one.title === title) as Act;
const GOOD = act('from A to B');
const CONTROL = act('control: a task is killed without draining');

const WELL: Outcome = {
  run: { code: EXIT.done, seconds: 90 },
  ownWait: 15,
  live: 'image-b',
  requests: 100_000,
  failures: 0,
};

describe('a good release', () => {
  it('passes with 100,000 requests, none lost, within its budget', () => {
    expect(findFaults(GOOD, WELL)).toEqual([]);
  });

  it.each<[string, Partial<Outcome>, string]>([
    ['has another exit code', { run: { code: EXIT.rolledBack, seconds: 50 } }, 'the exit code is 3, not 0'],
    ['left another image live', { live: 'image-a' }, 'image-a is live, not image-b'],
    ['had fewer requests', { requests: 99_999 }, '99999 requests were made, fewer than 100000'],
    ['lost a request', { failures: 1 }, '1 requests failed, and none may'],
    ['took too long', { run: { code: 0, seconds: 90.1 } }, 'it took 90.1 s, more than 90 s'],
    ['waited too long itself', { ownWait: 15.1 }, 'the program waited 15.1 s itself, more than 15 s'],
  ])('fails when it %s', (_, change, fault) => {
    expect(findFaults(GOOD, { ...WELL, ...change })).toEqual([fault]);
  });

  it('has the same requirements in both directions', () => {
    expect(act('back to A')).toMatchObject({
      requests: GOOD.requests,
      failures: GOOD.failures,
      budget: GOOD.budget,
    });
  });
});

it('has a bad release for each failure mode, and none may leave its image live', () => {
  const bad = ACTS.filter(({ tag = '' }) => FAILURE_MODES.includes(tag.replace('image-', '')));
  expect(bad.map(({ tag }) => tag)).toEqual(FAILURE_MODES.map((mode) => `image-${mode}`));
  for (const { live, exit } of bad) {
    expect(live).toBe('image-a');
    expect([EXIT.rolledBack, EXIT.migrationFailed]).toContain(exit);
  }
});

it('fails when not even a killed task makes a request fail', () => {
  const outcome = { ...WELL, ownWait: undefined, live: 'image-a' };
  expect(findFaults(CONTROL, outcome)).toEqual([
    'no request failed, so this load would not detect a failure',
  ]);
  expect(findFaults(CONTROL, { ...outcome, failures: 1 })).toEqual([]);
});

it('keeps the AWS settings of the user away from the program', () => {
  const own = {
    PATH: '/bin',
    AWS_PROFILE: 'work',
    AWS_ENDPOINT_URL_ECS: 'https://ecs.example',
    AWS_SESSION_TOKEN: 'secret',
    AWS_REGION: 'us-east-1',
  };
  expect(environmentFor('http://localhost:1', own)).toEqual({
    PATH: '/bin',
    AWS_ENDPOINT_URL: 'http://localhost:1',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'rehearsal',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
  });
});

it('runs containers as the task definition says', () => {
  const template = readVariant('declared').templates.get('cars-api-service') as Template;
  const { parameters } = readPlatform(template, 0);
  const {
    containerDefinitions: [container],
  } = JSON.parse(parameters.get('/cars-api/serve') ?? '');
  expect(container).toBeDefined();
  const words = argumentsOf(container ?? {}).join(' ');
  expect(words).toContain(`--user ${container?.user} --read-only --cap-drop ALL`);
  expect(words).toContain(`--stop-timeout ${container?.stopTimeout}`);
  expect(words).toContain('--publish 127.0.0.1::5000');
});
