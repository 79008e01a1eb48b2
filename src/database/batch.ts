/** Work that arrives while earlier work is under way travels together in the next round. */

import { CarError } from '../cars/car-error.ts';
import type { Usage } from '../cars/request-context.ts';
import { rounds } from '../observability/channels.ts';

/** What became of one item: its result, the error that its caller gets, or a promise when it has left the round. */
export type Outcome<Result> = Result | Error | Promise<Result>;

export interface BatchOptions<Item, Result> {
  /** The kind of call, for those who watch. */
  readonly name: string;
  /** Handles items together and answers one outcome for each, in their order. A rejection is every item's outcome. */
  readonly run: (items: readonly Item[]) => Promise<readonly Outcome<Result>[]>;
  /** The most items of one round. */
  readonly maxSize: number;
  /** The most rounds under way at once. */
  readonly maxConcurrent: number;
  /** Milliseconds: an item that would wait longer for its round is refused at once, and so is one that did. Absent: it waits. */
  readonly maxWait?: number;
  /** How many cars a result holds; absent: one. */
  readonly rowsOf?: (result: Result) => number;
}

export interface Batch<Item, Result> {
  /**
   * Hands one item over and promises its result. Rejects with {@link CarError} `unavailable` beyond `maxWait`.
   * @param usage where to note what the item used.
   */
  add(item: Item, usage: Usage): Promise<Result>;
  /** Milliseconds that an item added now would wait for its round, by what the last rounds took. */
  expectedWait(): number;
}

/** The weight of the last round in the average of what a round takes. */
const SMOOTHING = 0.2;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly usage: Usage;
  /** When it came. */
  readonly since: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Items are taken first come, first served. A lone item goes at once: rounds are filled from what one turn of the event
 * loop brought (setImmediate runs when the sockets were read), never by waiting for more.
 */
export function createBatch<Item, Result extends object | undefined>(
  options: BatchOptions<Item, Result>,
): Batch<Item, Result> {
  const { name, maxSize, maxConcurrent, maxWait = Number.POSITIVE_INFINITY, rowsOf = () => 1 } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let running = 0;
  let scheduled = false;
  /** Milliseconds that a round takes, averaged. */
  let roundTime = 0;
  /** When the last round began. */
  let lastBegun = 0;
  let watching = false;

  function schedule(): void {
    if (scheduled || running >= maxConcurrent) return;
    scheduled = true;
    setImmediate(start);
  }

  function start(): void {
    scheduled = false;
    while (waiting.length > 0 && running < maxConcurrent) {
      const round = waiting.length <= maxSize ? waiting : waiting.slice(0, maxSize);
      waiting = waiting.slice(round.length);
      running += 1;
      void runRound(round);
    }
  }

  async function runRound(round: readonly Waiting<Item, Result>[]): Promise<void> {
    const begun = performance.now();
    lastBegun = begun;
    try {
      const outcomes = await told(round, begun);
      round.forEach((waiter, index) => {
        settle(waiter, outcomes[index], begun);
      });
    } catch (error) {
      const failure = toError(error);
      for (const waiter of round) settle(waiter, failure, begun);
    } finally {
      running -= 1;
      roundTime += SMOOTHING * (performance.now() - begun - roundTime);
      if (waiting.length > 0) schedule();
    }
  }

  function told(round: readonly Waiting<Item, Result>[], begun: number) {
    const items = round.map(({ item }) => item);
    if (!rounds.hasSubscribers) return options.run(items);
    const calls = round.map(({ usage }) => usage);
    const waited = begun - (round[0]?.since ?? begun);
    return rounds.tracePromise(() => options.run(items), { name, calls, waited });
  }

  function settle(waiter: Waiting<Item, Result>, outcome: Outcome<Result> | undefined, begun: number): void {
    const { usage, since, resolve, reject } = waiter;
    if (outcome instanceof Promise) {
      // It left the round, and is worked on until its promise is kept.
      outcome.then(
        (result) => settle(waiter, result, begun),
        (error) => settle(waiter, toError(error), begun),
      );
      return;
    }
    usage.waited += begun - since;
    usage.worked += performance.now() - begun;
    if (!(outcome instanceof Error)) usage.rows += rowsOf(outcome as Result);
    if (outcome instanceof Error) reject(outcome);
    else resolve(outcome as Result);
  }

  function expectedWait(): number {
    if (running < maxConcurrent) return 0;
    // A round under way that takes longer than usual says more than those before it.
    const oneRound = Math.max(roundTime, performance.now() - lastBegun);
    return (oneRound * (1 + waiting.length / maxSize)) / maxConcurrent;
  }

  /** Sees to it that nobody waits for longer than `maxWait`, with one timer for all. */
  function watch(): void {
    const [oldest] = waiting;
    if (watching || oldest === undefined || maxWait === Number.POSITIVE_INFINITY) return;
    watching = true;
    setTimeout(refuseLate, oldest.since + maxWait - performance.now()).unref();
  }

  function refuseLate(): void {
    watching = false;
    const inTime = waiting.findIndex(({ since }) => performance.now() - since < maxWait);
    for (const late of waiting.splice(0, inTime === -1 ? waiting.length : inTime)) {
      late.usage.waited += performance.now() - late.since;
      late.reject(tooLate(late.usage));
    }
    watch();
  }

  function tooLate(usage: Usage): CarError {
    usage.shed = `${name} waits`;
    return new CarError('unavailable', { cause: new Error(`no turn in ${maxWait} ms`) });
  }

  return {
    expectedWait,
    add: (item, usage) =>
      new Promise((resolve, reject) => {
        if (expectedWait() > maxWait) return reject(tooLate(usage));
        waiting.push({ item, usage, since: performance.now(), resolve, reject });
        schedule();
        watch();
      }),
  };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
