/** The program's exit codes, documented in docs/deploy/aws.md. Scripts rely on them. */

export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  rolledBack: 3,
  timedOut: 4,
  refused: 5,
  locked: 6,
  migrationFailed: 7,
  taskFailed: 8,
  imageFailed: 9,
  toolMissing: 10,
  noCredentials: 11,
  expiredCredentials: 12,
  region: 13,
  denied: 14,
  stackFailed: 15,
  declined: 16,
  notRestored: 17,
  checkFailed: 18,
  pending: 19,
  interrupted: 130,
} as const;

/** What each exit code means; the table in docs/deploy/aws.md is made of it (`npm run docs`). */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done. For a release: the image is live',
  fault: 'a bug in the program',
  usage:
    'wrong usage: a command, an option or a setting is missing or wrong, or [nobody can answer a question](#when-a-command-asks)',
  rolledBack: 'the release is not live. Usually, the previous release is live again. To check, run `status`',
  timedOut: 'not finished within the time limit. AWS continues. The message says what to run then',
  refused: 'a check failed. Nothing was changed. The message says what to do',
  locked: 'another run is working on this environment. Run the command again when that run has ended',
  migrationFailed: 'the migration failed. The running tasks were not touched',
  taskFailed: 'the task of `run` or `keys` exited with a code other than 0',
  imageFailed: 'the build failed, or the scanner found vulnerabilities. Nothing was pushed',
  toolMissing: 'a tool is missing or too old',
  noCredentials: 'no AWS credentials, or AWS rejects them',
  expiredCredentials:
    'the AWS credentials have expired. Sign in again. If `status` shows a release in progress, run `wait`. Otherwise, run the command again',
  region: 'no region, an unknown region, or the platform is in another region',
  denied: 'the AWS credentials lack a permission',
  stackFailed: 'CloudFormation failed to create, change or delete a stack',
  declined: 'you answered no. Nothing was changed',
  notRestored: 'RDS failed to create the copy that `restore` requested. The live database is unchanged',
  checkFailed: 'the restored copy failed its check. The live database is unchanged',
  pending: '`plan --pending` found changes that `setup` has not applied yet. Run `setup`',
  interrupted:
    'interrupted (Ctrl-C). AWS continues. If `status` shows a release in progress, run `wait`. Otherwise, run the command again',
};

/** A failure that is not a bug of this program: what happened, and what to do about it. */
export class Failure extends Error {
  readonly exit: keyof typeof EXIT;
  readonly advice: string;

  constructor(exit: keyof typeof EXIT, message: string, advice = '') {
    super(message);
    this.exit = exit;
    this.advice = advice;
  }
}

/** Ctrl-C, or SIGTERM. */
export const INTERRUPTED = new Failure(
  'interrupted',
  'interrupted',
  'AWS continues what it was doing. If infra/aws-deploy.sh status shows a release in progress, wait for it with infra/aws-deploy.sh wait. Otherwise, run the command again.',
);
