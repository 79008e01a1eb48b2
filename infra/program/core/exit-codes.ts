/** What the program's exit code says; each is documented in docs/deploy/aws.md, and scripts may rely on it. */

export const EXIT = {
  done: 0,
  /** A fault of this program. */
  fault: 1,
  usage: 2,
  /** ECS rolled the release back. */
  rolledBack: 3,
  timedOut: 4,
  /** Refused before anything was changed. */
  refused: 5,
  /** Another run works on this environment. */
  locked: 6,
  migrationFailed: 7,
  /** A task of `run` ended with another code than 0. */
  taskFailed: 8,
  toolMissing: 10,
  noCredentials: 11,
  expiredCredentials: 12,
  region: 13,
  /** AWS does not let these credentials do it. */
  denied: 14,
  stackFailed: 15,
  /** Whoever was asked said no. */
  declined: 16,
  /** RDS was told to make a copy of the database, and did not come to the end of it. */
  notRestored: 17,
  /** The copy of the database is there, and is not what it should be. */
  checkFailed: 18,
  /** Ctrl-C, as shells report it. */
  interrupted: 130,
} as const;

/** An end that is no fault of this program: what happened, and what to do about it. */
export class Failure extends Error {
  readonly exit: keyof typeof EXIT;
  /** What whoever reads it can do. */
  readonly advice: string;

  constructor(exit: keyof typeof EXIT, message: string, advice = '') {
    super(message);
    this.exit = exit;
    this.advice = advice;
  }
}
