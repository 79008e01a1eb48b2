/** Work that arrives while earlier work is under way travels together in the next round. */

/** What became of one item: its result, the error that its caller gets, or a promise when it has left the round. */
export type Outcome<Result> = Result | Error | Promise<Result>;

export interface BatchOptions<Item, Result> {
  /** Handles items together and answers one outcome for each, in their order. A rejection is every item's outcome. */
  readonly run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>;
  /** The most items of one round. */
  readonly maxSize: number;
  /** The most rounds under way at once. */
  readonly maxConcurrent: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result | Promise<Result>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Returns a function that hands one item over and promises its result. Items are taken first come, first served. A
 * lone item goes at once: rounds are filled from what one turn of the event loop brought (setImmediate runs when the
 * sockets were read), never by waiting for more.
 */
export function createBatch<Item, Result extends object | undefined>(
  options: BatchOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || running >= options.maxConcurrent) return;
    scheduled = true;
    setImmediate(start);
  }

  function start(): void {
    scheduled = false;
    while (waiting.length > 0 && running < options.maxConcurrent) {
      const round = waiting.length <= options.maxSize ? waiting : waiting.slice(0, options.maxSize);
      waiting = waiting.slice(round.length);
      running += 1;
      void runRound(round);
    }
  }

  async function runRound(round: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const outcomes = await options.run(round.map(({ item }) => item));
      round.forEach((waiter, index) => {
        settle(waiter, outcomes[index]);
      });
    } catch (error) {
      for (const waiter of round) waiter.reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      running -= 1;
      if (waiting.length > 0) schedule();
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      schedule();
    });
}

function settle<Item, Result>(waiter: Waiting<Item, Result>, outcome: Outcome<Result> | undefined): void {
  if (outcome instanceof Error) waiter.reject(outcome);
  else waiter.resolve(outcome as Result | Promise<Result>);
}
