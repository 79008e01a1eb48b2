/** Measures event-loop lag, the only sign of requests that are still queued in sockets. */

/** Milliseconds between two readings of the clock. A shorter turn cannot be told from idling. */
const INTERVAL = 10;

/**
 * Returns a function that reports the lag in milliseconds: by how much both the last turn and the current one exceed
 * {@link INTERVAL}. Both, because a single long turn comes from the machine or the garbage collector, not from load.
 */
export function measureLag(): () => number {
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
