/**
 * Every way that a release can end, with the first line that the program prints and its exit code.
 * releases.test.ts compares the program with it, and `npm run docs` makes the table of
 * docs/deploy/releasing.md from it.
 */

import type { EXIT } from '../../program/core/exit-codes.ts';

export interface Outcome {
  readonly exit: keyof typeof EXIT;
  /** With `…` for what differs from run to run. */
  readonly prints: string;
}

const BREAKER = 'ECS rolled the release back: ECS deployment circuit breaker: tasks failed to start.';

export const OUTCOMES = {
  'The first release': { exit: 'done', prints: 'aaaaaaa… is live on production after … s' },
  'A release': { exit: 'done', prints: 'bbbbbbb… is live on production after … s' },
  'The same image again': { exit: 'done', prints: 'aaaaaaa… is live on production after … s' },
  'Tasks start slowly': { exit: 'done', prints: 'bbbbbbb… is live on production after … s' },
  'AWS throttles every third request': { exit: 'done', prints: 'bbbbbbb… is live on production after … s' },
  'Tasks crash (circuit breaker)': { exit: 'rolledBack', prints: BREAKER },
  'The image cannot be pulled': { exit: 'rolledBack', prints: BREAKER },
  'A health check never passes': { exit: 'rolledBack', prints: BREAKER },
  'An alarm fires': {
    exit: 'rolledBack',
    prints: 'ECS rolled the release back: ECS deployment failed: alarm detected (cars-api-target-5xx).',
  },
  'The first release fails': {
    exit: 'rolledBack',
    prints:
      'ECS stopped the release, and there is no earlier one to go back to: ECS deployment circuit breaker: tasks failed to start.',
  },
  'Somebody runs `abort`': {
    exit: 'rolledBack',
    prints: 'ECS rolled the release back: ECS deployment stopped by StopServiceDeployment.',
  },
  'Another deployment replaces it': {
    exit: 'rolledBack',
    prints: 'the release is not live: the deployment ecs-svc/… replaced it',
  },
  'Not finished within `--timeout`': {
    exit: 'timedOut',
    prints: 'ECS has not finished within … minutes, and continues',
  },
  'Credentials expire during the release': {
    exit: 'expiredCredentials',
    prints: 'the AWS credentials have expired: The security token included in the request is expired',
  },
  'The migration fails': {
    exit: 'migrationFailed',
    prints: 'the migration failed: Essential container in task exited (exit code 1, task …)',
  },
  'No such image': { exit: 'refused', prints: 'there is no image with the tag c0ffee1' },
  'The tag matches several images': {
    exit: 'refused',
    prints: 'the tag abc matches several images: abc1111…, abc2222…',
  },
  'The image is for another architecture': {
    exit: 'refused',
    prints: 'the image aaaaaaa… is built for arm64, but tasks run on amd64',
  },
  'A secret or a role that tasks need is missing': {
    exit: 'refused',
    prints:
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:master does not exist, but tasks need it',
  },
  'A migration that the live image cannot work with': {
    exit: 'refused',
    prints: 'the migrations of bbbbbbb… require code of schema 2 or newer, but the live image has schema 1',
  },
  'The image does not declare which code works with its migrations': {
    exit: 'refused',
    prints:
      'the image bbbbbbb… does not declare which code works with its schema (label cars-api.oldest-compatible)',
  },
  'A deployment is in progress': {
    exit: 'refused',
    prints: 'the deployment ecs-svc/… is in progress: ECS deployment ecs-svc/… in progress.',
  },
  'Another run holds the lock': {
    exit: 'locked',
    prints:
      'another run is working on this environment: deploy bbbbbbb…, started by … (arn:aws:iam::123456789012:user/rehearsal) at …',
  },
  '`rollback`': { exit: 'done', prints: 'aaaaaaa… is live on production after … s' },
  '`rollback` to an image that cannot work with the database any more': {
    exit: 'refused',
    prints: 'aaaaaaa… has schema 1, but the migration 0003-change requires schema 2 or newer',
  },
  '`rollback` with no earlier release': {
    exit: 'refused',
    prints: 'the ledger has no release before the live one',
  },
  'A task of `run` fails': {
    exit: 'taskFailed',
    prints: 'the task exited with code 9: Essential container in task exited',
  },
} as const satisfies Readonly<Record<string, Outcome>>;

/**
 * The first line of what a run printed, on stderr when it failed, with `…` for what differs from
 * run to run.
 */
export function firstLineOf({
  stderr,
  stdout,
}: {
  readonly stderr: string;
  readonly stdout: string;
}): string {
  const isDone = stderr.trim() === '';
  const lines = (isDone ? stdout : stderr).trim().split('\n');
  const line = isDone ? lines.find((each) => each.includes(' is live ')) : lines[0];
  return (line ?? '')
    .replaceAll(/[0-9a-f]{40}/g, (tag) => `${tag.slice(0, 7)}…`)
    .replaceAll(/ecs-svc\/\d+/g, 'ecs-svc/…')
    .replaceAll(/\d+(\.\d+)? s$/g, '… s')
    .replaceAll(/\d+(\.\d+)? minutes/g, '… minutes')
    .replaceAll(/task [0-9a-f]{32}/g, 'task …')
    .replaceAll(/started by \S+ on \S+ \(/g, 'started by … (')
    .replaceAll(/ at \d{4}-\S+$/g, ' at …');
}
