/**
 * Measures how long ECS worked on a one-off task or a deployment. The rest of a release is the
 * program's own waiting.
 */

import type { LocalAccount } from './ecs/local-account.ts';

export interface WorkClock {
  /** Seconds of work so far. */
  seconds(): number;
  stop(): void;
}

/** The precision in milliseconds. */
const INTERVAL = 50;

export function startWorkClock({ board, ecs }: LocalAccount): WorkClock {
  let worked = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (isAtWork()) worked += now - last;
    last = now;
  }, INTERVAL);

  function isAtWork(): boolean {
    if (board.tasks.some(({ owner, state }) => owner === undefined && state !== 'STOPPED')) return true;
    const { deployments = [] } = ecs.scheduler?.describe() ?? {};
    return deployments.some(
      ({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'IN_PROGRESS',
    );
  }

  return { seconds: () => worked / 1000, stop: () => clearInterval(timer) };
}
