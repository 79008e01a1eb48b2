/** Batches work: what arrives while earlier work is running is run together in the next round. */

import { CarError } from '../cars/car-error.ts';
import type { Usage } from '../cars/request-context.ts';
import { rounds } from '../observability/channels.ts';

/**
 * The outcome of one item: its result, the error to reject it with, or a promise if it continues
 * outside the round.
 */
export type Outcome<Result> = Result | Error | Promise<Result>;

export interface BatchOptions<Item, Result> {
  /** The kind of request, in metrics and traces. */
  readonly name: string;
  /**
   * Runs items together. Returns one outcome for each, in their order; if it rejects, so does every
   * item.
   * @param deadline when the first item must be answered, by `performance.now()`.
   */
  readonly run: (items: readonly Item[], deadline: number) => Promise<readonly Outcome<Result>[]>;
  /** The maximum size of one round: the number of its items, or the sum of their sizes. */
  readonly maxSize: number;
  /** The size of an item; by default 1. One that is larger than `maxSize` has a round of its own. */
  readonly sizeOf?: (item: Item) => number;
  /** The maximum number of rounds that run at once. */
  readonly maxConcurrent: number;
  /** Milliseconds of its request after which an item that still waits for its round is rejected. */
  readonly maxWait?: number;
  /**
   * Milliseconds of work that may be ahead of an item. If there is more, the item is rejected at
   * once: that is overload, whereas a stalled round may be a hiccup. By default `maxWait`.
   */
  readonly maxBacklog?: number;
  /** Milliseconds of its request within which an item must be answered. */
  readonly answerWithin?: number;
  /** How many cars a result holds; by default one. */
  readonly rowsOf?: (result: Result) => number;
}

export interface Batch<Item, Result> {
  /**
   * Runs one item and resolves with its result. Rejects with {@link CarError} `unavailable` beyond
   * `maxBacklog` and `maxWait`.
   * @param usage says how long the item may take, and receives what it used.
   */
  add(item: Item, usage: Usage): Promise<Result>;
  /**
   * Milliseconds that an item added now would wait for its round: the rounds ahead of it, times what
   * a round typically takes. A round that takes long is no load: it may meet a hiccup, or wait for a
   * lock. Its items are rejected in time.
   */
  expectedWait(): number;
}

/**
 * The typical duration of a round is the median of so many: a hiccup delays all rounds that run at
 * once, which must be fewer than half of them. The first
 * rounds also open connections, so they count only when there are more.
 */
const SAMPLES = 9;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly usage: Usage;
  /** When it was added. */
  readonly added: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Items run in the order in which their requests began. A single item runs at once: a round is made of what arrived
 * in one turn of the event loop (setImmediate runs after the sockets were read), and never waits
 * for more.
 */
export function createBatch<Item, Result extends object | undefined>(
  options: BatchOptions<Item, Result>,
): Batch<Item, Result> {
  const { name, maxSize, maxConcurrent, sizeOf = () => 1, rowsOf = () => 1 } = options;
  const { maxWait = Number.POSITIVE_INFINITY, answerWithin = Number.POSITIVE_INFINITY } = options;
  const { maxBacklog = maxWait } = options;
  /** The one whose request began first is the first. */
  let waiting: Waiting<Item, Result>[] = [];
  /** The sum of their sizes. */
  let waitingSize = 0;
  let running = 0;
  let scheduled = false;
  /** The durations of the last rounds that did some work, in milliseconds. */
  const durations: number[] = Array(SAMPLES).fill(0);
  /** Their median. */
  let roundTime = 0;
  /** How long the first items of the last rounds had waited, in milliseconds. */
  const firstWaits: number[] = Array(SAMPLES).fill(0);
  /** Their median. A hiccup raises some of them, overload raises all. */
  let usualWait = 0;
  let timer: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (scheduled || running >= maxConcurrent) return;
    scheduled = true;
    setImmediate(start);
  }

  function start(): void {
    scheduled = false;
    while (waiting.length > 0 && running < maxConcurrent) {
      const round = take(waitingSize <= maxSize ? waiting.length : countFitting());
      running += 1;
      void runRound(round);
    }
  }

  /** How many of the first items one round can have; at least one. */
  function countFitting(): number {
    let size = 0;
    const excess = waiting.findIndex(({ item }) => {
      size += sizeOf(item);
      return size > maxSize;
    });
    return Math.max(1, excess);
  }

  /** Removes the first items from the queue. */
  function take(count: number): Waiting<Item, Result>[] {
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const { item } of taken) waitingSize -= sizeOf(item);
    return taken;
  }

  async function runRound(round: readonly Waiting<Item, Result>[]): Promise<void> {
    const begun = performance.now();
    try {
      const outcomes = await traceRun(round, begun);
      if (outcomes.some(isDone)) noteRound(round, begun);
      round.forEach((waiter, index) => {
        settle(waiter, outcomes[index], begun);
      });
    } catch (error) {
      const failure = toError(error);
      for (const waiter of round) settle(waiter, failure, begun);
    } finally {
      running -= 1;
      if (waiting.length > 0) schedule();
    }
  }

  /**
   * A round of which nothing succeeded is left out: it may have waited for a lock, or for a silent
   * server.
   */
  function noteRound(round: readonly Waiting<Item, Result>[], begun: number): void {
    durations.shift();
    durations.push(performance.now() - begun);
    roundTime = medianOf(durations);
    firstWaits.shift();
    firstWaits.push(begun - (round[0]?.added ?? begun));
    usualWait = medianOf(firstWaits);
  }

  function traceRun(round: readonly Waiting<Item, Result>[], begun: number) {
    const items = round.map(({ item }) => item);
    const deadline = (round[0]?.usage.since ?? begun) + answerWithin;
    if (!rounds.hasSubscribers) return options.run(items, deadline);
    const calls = round.map(({ usage }) => usage);
    const waited = begun - (round[0]?.added ?? begun);
    return rounds.tracePromise(() => options.run(items, deadline), { name, calls, waited });
  }

  function settle(waiter: Waiting<Item, Result>, outcome: Outcome<Result> | undefined, begun: number): void {
    const { usage, added, resolve, reject } = waiter;
    if (outcome instanceof Promise) {
      // It continues outside the round until its promise is settled.
      outcome.then(
        (result) => settle(waiter, result, begun),
        (error) => settle(waiter, toError(error), begun),
      );
      return;
    }
    usage.waited += begun - added;
    usage.worked += performance.now() - begun;
    if (!(outcome instanceof Error)) usage.rows += rowsOf(outcome as Result);
    if (outcome instanceof Error) reject(outcome);
    else resolve(outcome as Result);
  }

  function expectedWait(): number {
    if (running < maxConcurrent && waiting.length === 0) return 0;
    const now = performance.now();
    const current = running === 0 ? 0 : 1;
    const backlog = (roundTime * (current + waitingSize / maxSize)) / maxConcurrent;
    // Rounds may start later than the last ones took, if the process itself is the bottleneck.
    const ahead = now - (waiting[0]?.added ?? now);
    return Math.max(backlog, Math.min(usualWait, ahead));
  }

  /** Sets the one timer that rejects items which have waited for `maxWait`. */
  function setTimer(): void {
    const [oldest] = waiting;
    if (timer !== undefined || oldest === undefined || maxWait === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(rejectLate, Math.max(oldest.usage.since + maxWait - performance.now(), 0)).unref();
  }

  function rejectLate(): void {
    timer = undefined;
    const inTime = waiting.findIndex(({ usage }) => performance.now() - usage.since < maxWait);
    for (const late of take(inTime === -1 ? waiting.length : inTime)) {
      late.usage.waited += performance.now() - late.added;
      late.reject(tooLate(late.usage, maxWait));
    }
    setTimer();
  }

  function tooLate(usage: Usage, limit: number): CarError {
    usage.shed = `${name} waits`;
    return new CarError('unavailable', { cause: new Error(`not started within ${limit} ms`) });
  }

  function enqueue(waiter: Waiting<Item, Result>): void {
    const last = waiting.at(-1);
    if (last === undefined || last.usage.since <= waiter.usage.since) {
      waiting.push(waiter);
      return;
    }
    // Its request has waited before, for its credential to be checked.
    const place = waiting.findIndex(({ usage }) => usage.since > waiter.usage.since);
    waiting.splice(place, 0, waiter);
    if (place > 0) return;
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    expectedWait,
    add: (item, usage) =>
      new Promise((resolve, reject) => {
        const added = performance.now();
        if (expectedWait() > maxBacklog) return reject(tooLate(usage, maxBacklog));
        if (added - usage.since >= maxWait) return reject(tooLate(usage, maxWait));
        enqueue({ item, usage, added, resolve, reject });
        waitingSize += sizeOf(item);
        schedule();
        setTimer();
      }),
  };
}

function isDone(outcome: Outcome<unknown>): boolean {
  return !(outcome instanceof Error || outcome instanceof Promise);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
