/** What is played, in this order, and what must come of it. */

import { EXIT } from '../program/core/exit-codes.ts';

export interface Act {
  readonly title: string;
  /** As typed behind `infra/aws-deploy.sh`; undefined for the control, which kills a task instead. */
  readonly command: readonly string[] | undefined;
  /** IMAGE_TAG, where the command deploys. */
  readonly tag?: string;
  readonly exit: number;
  /** What is live afterwards. */
  readonly live: string;
  /** Requests that must have been answered meanwhile, at least; 0 is an act without load. */
  readonly requests: number;
  /** What may become of them. */
  readonly failures: 'none' | 'some' | 'any';
  /** Seconds at most: from "the image is pushed" to "it is live", and of them our own waiting. */
  readonly budget?: { readonly seconds: number; readonly own: number };
}

/** Of good releases, in either direction. */
const REQUESTS = 100_000;

const BUDGET = { seconds: 90, own: 15 };

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
  // Callers get its answers until the alarm rings.
  bad('an image that answers 500 to callers', 'errors', EXIT.rolledBack, 'some'),
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

/** The ways to go wrong, each an image of its own: bad-images/misbehave.mjs. */
export const WAYS = ['crash', 'unhealthy', 'errors', 'migration'];

function bad(title: string, way: string, exit: number, failures: Act['failures'] = 'none'): Act {
  return { title, command: ['deploy'], tag: `image-${way}`, exit, live: 'image-a', requests: 1, failures };
}
