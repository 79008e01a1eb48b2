/** Whether an act of a rehearsal went as it must. */

import type { Act } from './acts.ts';
import type { Run } from './program.ts';

/** What came of an act. */
export interface Outcome {
  readonly run: Pick<Run, 'code' | 'seconds'>;
  /** Seconds of our own waiting; the control has none. */
  readonly own: number | undefined;
  readonly live: string;
  readonly requests: number;
  readonly failures: number;
}

/** What did not go as it must, in words; nothing when all did. */
export function faultsOf(act: Act, { run, own = 0, live, requests, failures }: Outcome): string[] {
  const { seconds = Number.POSITIVE_INFINITY, own: ownMost = Number.POSITIVE_INFINITY } = act.budget ?? {};
  return [
    ...(run.code === act.exit ? [] : [`its exit code is ${run.code}, and must be ${act.exit}`]),
    ...(live === act.live ? [] : [`${live} is live, and ${act.live} must be`]),
    ...(requests >= act.requests ? [] : [`${requests} requests, and at least ${act.requests} must be`]),
    ...(act.failures === 'none' && failures > 0 ? [`${failures} requests failed, and none may`] : []),
    ...(act.failures === 'some' && failures === 0
      ? ['no request failed, so this load would not notice any']
      : []),
    ...(run.seconds <= seconds ? [] : [`it took ${run.seconds.toFixed(1)} s, and ${seconds} s are allowed`]),
    ...(own <= ownMost ? [] : [`${own.toFixed(1)} s of it were our own waiting, and ${ownMost} are allowed`]),
  ];
}
