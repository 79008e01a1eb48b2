/** How long the event loop has been at one turn: what waits in the sockets meanwhile waits as long. */

/** How often the clock is set, in milliseconds; a turn that is shorter cannot be told from idling. */
const INTERVAL = 20;

/** Returns what tells for how many milliseconds more than {@link INTERVAL} the present turn has lasted. */
export function measureTurn(): () => number {
  let begun = performance.now();
  // Timers run once in each turn, before the sockets are read.
  setInterval(() => {
    begun = performance.now();
  }, INTERVAL).unref();
  return () => Math.max(0, performance.now() - begun - INTERVAL);
}
