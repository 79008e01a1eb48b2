/** How long the turns of the event loop last: what waits in the sockets waits for as long, and nothing else tells of it. */

/** How often the clock is set, in milliseconds; a turn that is shorter cannot be told from idling. */
const INTERVAL = 10;

/**
 * Returns what tells for how many milliseconds more than {@link INTERVAL} both the last turn and the present one have
 * lasted. Both, because a single long one is the machine's doing (or the collector's) and no sign of load.
 */
export function measureTurn(): () => number {
  let begun = performance.now();
  let last = 0;
  // Timers run once in each turn, before the sockets are read.
  setInterval(() => {
    const now = performance.now();
    last = now - begun - INTERVAL;
    begun = now;
  }, INTERVAL).unref();
  return () => Math.max(0, Math.min(last, performance.now() - begun - INTERVAL));
}
