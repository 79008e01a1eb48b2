/** How long ECS was at work: a one-off task was there, or a roll-out was under way. What a release takes beyond that is our own waiting. */

import type { LocalAccount } from './ecs/local-account.ts';

export interface WorkClock {
  /** Seconds since it was started. */
  seconds(): number;
  stop(): void;
}

/** Milliseconds; how exact the clock is. */
const INTERVAL = 50;

export function startWorkClock({ board, ecs }: LocalAccount): WorkClock {
  let worked = 0;
  let looked = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (isAtWork()) worked += now - looked;
    looked = now;
  }, INTERVAL);

  function isAtWork(): boolean {
    if (board.tasks.some(({ owner, state }) => owner === undefined && state !== 'STOPPED')) return true;
    const { deployments = [] } = ecs.scheduler.describe();
    return deployments.some(
      ({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'IN_PROGRESS',
    );
  }

  return { seconds: () => worked / 1000, stop: () => clearInterval(timer) };
}
