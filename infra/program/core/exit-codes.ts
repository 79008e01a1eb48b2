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
  toolMissing: 10,
  noCredentials: 11,
  expiredCredentials: 12,
  region: 13,
  denied: 14,
  stackFailed: 15,
  declined: 16,
  notRestored: 17,
  checkFailed: 18,
  interrupted: 130,
} as const;

/** What each exit code means; the table in docs/deploy/aws.md is made of it (`npm run docs`). */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'success; after a release: the image is live',
  fault: 'internal error of the program',
  usage: 'a command, an option or an answer is missing or wrong',
  rolledBack: 'ECS rolled the release back or stopped it',
  timedOut: 'not finished within the timeout; AWS continues',
  refused: 'a check failed before anything was changed',
  locked: 'another run is working on this environment',
  migrationFailed: 'the migration failed; the service was not touched',
  taskFailed: 'the task of `run` or `keys` exited with a code other than 0',
  toolMissing: 'a tool is missing or too old',
  noCredentials: 'no AWS credentials, or AWS does not know them',
  expiredCredentials: 'the AWS credentials have expired',
  region: 'no region, an unknown region, or the platform is in another one',
  denied: 'AWS denies the request to these credentials',
  stackFailed: 'a stack could not be created, updated or deleted',
  declined: 'the question was answered with no',
  notRestored: 'RDS did not finish the copy that `restore` requested; the live database is unchanged',
  checkFailed: 'the copy of `restore` exists but failed its check; the live database is unchanged',
  interrupted: 'interrupted (Ctrl-C); AWS continues',
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
