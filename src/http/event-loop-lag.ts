/** Measures event-loop lag, the only sign of requests that are still queued in sockets. */

/** Milliseconds between two readings of the clock. A shorter turn looks like idling. */
const INTERVAL = 10;

/**
 * Fewer requests than this in two turns of the event loop are no overload. If the loop is late all the same, the machine, the
 * garbage collector or the database stopped it, and refusing would help nobody.
 */
export const CROWD = 32;

/**
 * Returns a function that must be called once for each request, and reports by how many milliseconds requests made the event
 * loop late. One long turn counts only if a crowd arrived within it. Otherwise the last turn must have been long as well.
 */
export function measureLag(): () => number {
  let begun = performance.now();
  let last = 0;
  /** Requests in the current turn, and in the one before. */
  let arrived = 0;
  let arrivedBefore = 0;
  // Timers run once in each turn, before the sockets are read.
  setInterval(() => {
    const now = performance.now();
    last = now - begun - INTERVAL;
    begun = now;
    arrivedBefore = arrived;
    arrived = 0;
  }, INTERVAL).unref();
  return () => {
    arrived += 1;
    if (arrived + arrivedBefore <= CROWD) return 0;
    const current = performance.now() - begun - INTERVAL;
    return Math.max(0, arrived > CROWD ? current : Math.min(last, current));
  };
}
