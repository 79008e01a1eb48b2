/** The acts of the rehearsal in order, each with its required result. */

import { EXIT } from '../program/core/exit-codes.ts';

export interface Act {
  readonly title: string;
  /**
   * The words after `infra/aws-deploy.sh`; undefined for the control, which kills a task instead.
   */
  readonly command: readonly string[] | undefined;
  /** IMAGE_TAG, for commands that deploy. */
  readonly tag?: string;
  readonly exit: number;
  /** The tag that must be live afterwards. */
  readonly live: string;
  /** The minimum number of requests during the act; 0 means no load. */
  readonly requests: number;
  /** Whether requests may, must or must not fail. */
  readonly failures: 'none' | 'some' | 'any';
  /** The maximum duration in seconds, and how much of it the program may wait itself. */
  readonly budget?: { readonly seconds: number; readonly ownWait: number };
}

/** For good releases, in both directions. */
const REQUESTS = 100_000;

const BUDGET = { seconds: 90, ownWait: 15 };

export const ACTS: readonly Act[] = [
  {
    title: 'A, the first release',
    command: ['deploy'],
    tag: 'image-a',
    exit: EXIT.done,
    live: 'image-a',
    requests: 0,
    failures: 'none',
  },
  {
    title: 'from A to B',
    command: ['deploy'],
    tag: 'image-b',
    exit: EXIT.done,
    live: 'image-b',
    requests: REQUESTS,
    failures: 'none',
    budget: BUDGET,
  },
  {
    title: 'back to A',
    command: ['rollback'],
    exit: EXIT.done,
    live: 'image-a',
    requests: REQUESTS,
    failures: 'none',
    budget: BUDGET,
  },
  bad('an image that crashes at its start', 'crash', EXIT.rolledBack),
  bad('an image that never becomes healthy', 'unhealthy', EXIT.rolledBack),
  // Clients get its errors until the alarm fires.
  bad('an image that answers 500 to clients', 'errors', EXIT.rolledBack, 'some'),
  bad('an image whose migration fails', 'migration', EXIT.migrationFailed),
  {
    title: 'control: a task is killed without draining',
    command: undefined,
    exit: EXIT.done,
    live: 'image-a',
    requests: 1,
    failures: 'some',
  },
];

/** What bad images do, see bad-images/misbehave.mjs. */
export const FAILURE_MODES = ['crash', 'unhealthy', 'errors', 'migration'];

function bad(title: string, mode: string, exit: number, failures: Act['failures'] = 'none'): Act {
  return { title, command: ['deploy'], tag: `image-${mode}`, exit, live: 'image-a', requests: 1, failures };
}
