/**
 * The ways that a release can end or be refused: the first line that the program prints, its exit
 * code, and what to do. releases.test.ts compares the program with it, and `npm run docs` makes the
 * table of docs/deploy/releasing.md from it.
 */

import type { EXIT } from '../../program/core/exit-codes.ts';

export interface Outcome {
  readonly exit: keyof typeof EXIT;
  /** With `…` for what differs from run to run. */
  readonly prints: string;
  /** What the reader of the table does about it. */
  readonly next: string;
}

const BREAKER = 'ECS rolled the release back: ECS deployment circuit breaker: tasks failed to start.';
const FIX =
  'the printed log lines, or the reasons why tasks stopped, show the cause. Fix it, then release again';

export const OUTCOMES = {
  'The first release': { exit: 'done', prints: 'aaaaaaa… is live on production after … s', next: 'nothing' },
  'A release': { exit: 'done', prints: 'bbbbbbb… is live on production after … s', next: 'nothing' },
  'The same image again': {
    exit: 'done',
    prints: 'aaaaaaa… is live on production after … s',
    next: 'nothing',
  },
  'Tasks start slowly': { exit: 'done', prints: 'bbbbbbb… is live on production after … s', next: 'nothing' },
  'AWS throttles some requests': {
    exit: 'done',
    prints: 'bbbbbbb… is live on production after … s',
    next: 'nothing: the program retries throttled requests',
  },
  'Tasks crash': {
    exit: 'rolledBack',
    prints: BREAKER,
    next: FIX,
  },
  'The image cannot be pulled': {
    exit: 'rolledBack',
    prints: BREAKER,
    next: FIX,
  },
  'A health check never passes': {
    exit: 'rolledBack',
    prints: BREAKER,
    next: FIX,
  },
  'An alarm fires': {
    exit: 'rolledBack',
    prints: 'ECS rolled the release back: ECS deployment failed: alarm detected (cars-api-target-5xx).',
    next: 'find the alarm in the [runbook](../run/runbook.md), fix the cause, release again',
  },
  'The first release fails': {
    exit: 'rolledBack',
    prints:
      'ECS stopped the release, and there is no earlier one to go back to: ECS deployment circuit breaker: tasks failed to start.',
    next: FIX,
  },
  'Somebody runs `abort`': {
    exit: 'rolledBack',
    prints: 'ECS rolled the release back: ECS deployment stopped by StopServiceDeployment.',
    next: 'nothing: the previous release is live again',
  },
  '`abort` while ECS is rolling back': {
    exit: 'refused',
    prints: 'ECS is already rolling the release back',
    next: 'wait until the previous release is live again: `wait`',
  },
  'Somebody starts another deployment, for example in the AWS console': {
    exit: 'rolledBack',
    prints: 'the release is not live: the deployment ecs-svc/… replaced it',
    next: 'run `status` to see what is live',
  },
  'Not finished within `--timeout`': {
    exit: 'timedOut',
    prints: 'ECS has not finished within … minutes, and continues',
    next: 'run `wait` to keep waiting, or `abort` to go back',
  },
  'Credentials expire during the release': {
    exit: 'expiredCredentials',
    prints: 'the AWS credentials have expired: The security token included in the request is expired',
    next: 'sign in again, then run `wait`. The release continues',
  },
  'The migration fails': {
    exit: 'migrationFailed',
    prints: 'the migration failed: Essential container in task exited (exit code 1, task …)',
    next: 'fix the migration, release again. The running tasks were not touched',
  },
  'No such image': {
    exit: 'refused',
    prints: 'there is no image with the tag c0ffee1',
    next: 'check out the commit, then run `build`',
  },
  'The tag matches several images': {
    exit: 'refused',
    prints: 'the tag abc matches several images: abc1111…, abc2222…',
    next: 'give more characters of the tag',
  },
  'The image is for another architecture': {
    exit: 'refused',
    prints: 'the image aaaaaaa… is built for arm64, but tasks run on amd64',
    next: 'build the image for amd64',
  },
  'A secret or a role that tasks need is missing': {
    exit: 'refused',
    prints:
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:master does not exist, but tasks need it',
    next: 'run `setup`',
  },
  'The live image cannot work with a migration of the new image': {
    exit: 'refused',
    prints: 'the migrations of bbbbbbb… work only if the live image has schema 2 or newer; it has schema 1',
    next: 'release an image with the required schema first ([why](../decisions/0013-expand-then-contract.md))',
  },
  'The image does not declare which code works with its migrations': {
    exit: 'refused',
    prints:
      'the image bbbbbbb… does not declare which code works with its schema (label cars-api.oldest-compatible)',
    next: "build the image with this project's Dockerfile",
  },
  'A deployment is in progress': {
    exit: 'refused',
    prints: 'the deployment ecs-svc/… is in progress: ECS deployment ecs-svc/… in progress.',
    next: 'run `wait`, then retry. Or stop that deployment with `abort`',
  },
  '`deploy --if-live`: another image is live': {
    exit: 'refused',
    prints: 'aaaaaaa… is live, and not ccccccc…, so nothing was released',
    next: 'run `history` to see who released it, then decide again',
  },
  '`deploy --again` before the first release': {
    exit: 'refused',
    prints: 'no image is live yet',
    next: 'name an image: `deploy TAG`',
  },
  '`rollback`, `wait`, `abort`, `run` or `keys` before the first release': {
    exit: 'refused',
    prints: 'no image was released yet',
    next: 'release an image: `deploy TAG`',
  },
  '`abort`: no deployment is in progress': {
    exit: 'refused',
    prints: 'ECS has no deployment in progress',
    next: 'if a release is still running its migrations, stop the program with Ctrl-C',
  },
  'Another run holds the lock': {
    exit: 'locked',
    prints:
      'another run is working on this environment: deploy bbbbbbb…, started by … (arn:aws:iam::123456789012:user/rehearsal) at …',
    next: 'retry when the other run has ended',
  },
  '`rollback`': { exit: 'done', prints: 'aaaaaaa… is live on production after … s', next: 'nothing' },
  '`rollback`: the image can no longer work with the database': {
    exit: 'refused',
    prints: 'aaaaaaa… has schema 1, but the migration 0003-change requires schema 2 or newer',
    next: 'roll back to the image that the message names',
  },
  '`rollback`: the last release is undone already': {
    exit: 'refused',
    prints: 'the last release was a rollback already, to bbbbbbb…, which is live',
    next: 'usually nothing. To go back further, name an image: `rollback TAG`',
  },
  '`rollback`: the last release failed': {
    exit: 'refused',
    prints: 'the last release, ccccccc…, ended with rolledBack: bbbbbbb… is still live',
    next: 'usually nothing. To go back further, name an image: `rollback TAG`',
  },
  '`rollback --if-live`: another image is live': {
    exit: 'refused',
    prints: 'bbbbbbb… is live, and not aaaaaaa…, so nothing was rolled back',
    next: 'run `history` to see who released it, then decide again',
  },
  '`rollback TAG`: the image is live': {
    exit: 'refused',
    prints: 'aaaaaaa… is live already',
    next: 'nothing',
  },
  '`rollback`: the service has no tasks': {
    exit: 'refused',
    prints: 'no image is live, so there is nothing to roll back',
    next: 'release an image: `deploy TAG`',
  },
  '`rollback`: the image does not declare its schema': {
    exit: 'refused',
    prints: 'the image aaaaaaa… does not declare its schema (label cars-api.schema-version)',
    next: 'name an image that does: `rollback TAG`',
  },
  '`rollback`: a migration was interrupted': {
    exit: 'refused',
    prints: 'the migration 0002-change was interrupted',
    next: 'release the image of that migration again, to finish it',
  },
  '`rollback`: the migrations cannot be read': {
    exit: 'refused',
    prints: 'the migrations of the database cannot be read: Essential container in task exited (exit code 1)',
    next: 'check that tasks reach the database ([runbook](../run/runbook.md))',
  },
  '`rollback`: there is no earlier release': {
    exit: 'refused',
    prints: 'the ledger has no release before the live one',
    next: 'name an image: `rollback TAG`',
  },
  'A task of `run` fails': {
    exit: 'taskFailed',
    prints: 'the task exited with code 9: Essential container in task exited',
    next: 'find the cause in the output of the task, which is printed',
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
