/** Compares the result of an act with what is required. */

import type { Act } from './acts.ts';
import type { Run } from './program.ts';

/** The result of an act. */
export interface Outcome {
  readonly run: Pick<Run, 'code' | 'seconds'>;
  /** Seconds that the program waited itself; undefined for the control. */
  readonly ownWait: number | undefined;
  readonly live: string;
  readonly requests: number;
  readonly failures: number;
}

/** The deviations, in words; empty if there are none. */
export function findFaults(act: Act, { run, ownWait = 0, live, requests, failures }: Outcome): string[] {
  const { seconds = Number.POSITIVE_INFINITY, ownWait: maxOwnWait = Number.POSITIVE_INFINITY } =
    act.budget ?? {};
  return [
    ...(run.code === act.exit ? [] : [`the exit code is ${run.code}, not ${act.exit}`]),
    ...(live === act.live ? [] : [`${live} is live, not ${act.live}`]),
    ...(requests >= act.requests ? [] : [`${requests} requests were made, fewer than ${act.requests}`]),
    ...(act.failures === 'none' && failures > 0 ? [`${failures} requests failed, and none may`] : []),
    ...(act.failures === 'some' && failures === 0
      ? ['no request failed, so this load would not detect a failure']
      : []),
    ...(run.seconds <= seconds ? [] : [`it took ${run.seconds.toFixed(1)} s, more than ${seconds} s`]),
    ...(ownWait <= maxOwnWait
      ? []
      : [`the program waited ${ownWait.toFixed(1)} s itself, more than ${maxOwnWait} s`]),
  ];
}
