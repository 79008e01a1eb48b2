/** Shares the result of one call among all who ask for it within a time. */

/**
 * Returns a function that calls `ask` and, until `milliseconds` after that call began, returns the
 * same promise. So however many clients ask, one call runs at a time.
 */
export function shareResult<Result>(ask: () => Promise<Result>, milliseconds: number): () => Promise<Result> {
  let shared: Promise<Result> | undefined;
  let begun = Number.NEGATIVE_INFINITY;
  let isRunning = false;

  return () => {
    if (shared !== undefined && (isRunning || performance.now() - begun < milliseconds)) return shared;
    begun = performance.now();
    isRunning = true;
    shared = ask().finally(() => {
      isRunning = false;
    });
    return shared;
  };
}
