/**
 * Calls on things that somebody else may hold (a car, a key): they travel together, and none waits for a stranger. A
 * round does not wait for locks. When it fails it is split until the call that is to blame is alone; that one leaves
 * the round and waits by itself.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { CarError, type CarErrorCode } from '../../cars/car-error.ts';
import { newUsage } from '../../cars/request-context.ts';
import { type Batch, createBatch, type Outcome } from '../batch.ts';
import { ER, errnoOf, isConnectionFault, toCarError } from './errors.ts';
import { onceMore } from './retry-once.ts';

/**
 * Big enough to share a round trip, small enough to stay far below `max_allowed_packet`. After 400 ms of waiting and the
 * longest that a connection or a statement may take, the two seconds are over within which every caller is answered.
 */
export const ROUND = { maxSize: 128, maxConcurrent: 2, maxWait: 400 } as const;

/** A round is split for no longer than this, in milliseconds: what fails that slowly is no single call's fault. */
const SPLIT_WITHIN = 1000;

/** Connections that may wait for locks at once, and how long a call may wait for one of them, in milliseconds. */
const PATIENT = { connections: 4, wait: 1000 } as const;

/** How often a call that lost a race (a deadlock, a twin that was faster) is tried in all. */
const ATTEMPTS = 4;

export interface RoundOptions<Item, Result> {
  /** The kind of call, for those who watch. */
  readonly name: string;
  /** Items with the same key concern the same thing: they stay together, in their order. */
  readonly keyOf: (item: Item) => unknown;
  /**
   * Runs items in one transaction. Throws the driver's error when nothing was applied, else a {@link CarError}.
   * @param patient whether to wait for locks, about a second, or to fail at once.
   */
  readonly run: (items: readonly Item[], patient: boolean) => Promise<readonly Outcome<Result>[]>;
  /** What a call is told that got no turn to wait for its lock. */
  readonly tooLate: CarErrorCode;
  /** Whether items may be run again although they may have been applied. */
  readonly mayRepeat?: boolean;
}

export function createRounds<Item, Result extends object>(
  options: RoundOptions<Item, Result>,
): Batch<Item, Result> {
  const { name, keyOf, run, mayRepeat = false } = options;
  const wait = createPatientCalls(options);

  async function attempt(items: readonly Item[], begun: number): Promise<readonly Outcome<Result>[]> {
    try {
      return await onceMore(() => run(items, false), mayRepeat);
    } catch (error) {
      const isLate = performance.now() - begun > SPLIT_WITHIN;
      if (isLate || errnoOf(error) === undefined || isConnectionFault(error)) {
        const told = toCarError(error);
        return items.map(() => told);
      }
      const keys = [...new Set(items.map(keyOf))];
      if (keys.length === 1) return items.map(wait);
      const left = new Set(keys.slice(0, keys.length / 2));
      // By their places: two calls may be described by one and the same object.
      const places = Map.groupBy(items.keys(), (place) => left.has(keyOf(items[place] as Item)));
      const outcomes: Outcome<Result>[] = [];
      for (const half of places.values()) {
        const some = await attempt(
          half.map((place) => items[place] as Item),
          begun,
        );
        for (const [index, place] of half.entries()) outcomes[place] = some[index] as Outcome<Result>;
      }
      return outcomes;
    }
  }

  return createBatch<Item, Result>({ name, ...ROUND, run: (items) => attempt(items, performance.now()) });
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result | Promise<Result>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Calls that wait for a lock: those on the same thing together, one such group of a thing at a time, few at once so that
 * the others keep connections.
 */
function createPatientCalls<Item, Result>({
  name,
  keyOf,
  run,
  tooLate,
}: RoundOptions<Item, Result>): (item: Item) => Promise<Result> {
  const groups = new Map<unknown, { readonly since: number; readonly calls: Waiting<Item, Result>[] }>();
  const running = new Set<unknown>();

  async function runGroup(key: unknown): Promise<undefined> {
    const { since, calls } = groups.get(key) ?? { since: 0, calls: [] };
    groups.delete(key);
    running.add(key);
    const isLate = performance.now() - since > PATIENT.wait;
    const late = new CarError(tooLate, {
      cause: new Error(`no turn to wait for the lock in ${PATIENT.wait} ms`),
    });
    const items = calls.map(({ item }) => item);
    const outcomes = isLate
      ? calls.map(() => late)
      : await untilDecided(() => run(items, true)).catch((error) => calls.map(() => error));
    for (const [index, { resolve, reject }] of calls.entries()) {
      const outcome = outcomes[index];
      if (outcome instanceof Error) reject(toCarError(outcome));
      else resolve(outcome as Result | Promise<Result>);
    }
    running.delete(key);
    // Those that came meanwhile.
    if (groups.has(key)) void lane.add(key, newUsage());
    return undefined;
  }

  const lane = createBatch<unknown, undefined>({
    name: `${name}-lock`,
    maxSize: 1,
    maxConcurrent: PATIENT.connections,
    run: async ([key]) => [await runGroup(key)],
  });

  return (item) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { since: performance.now(), calls: [{ item, resolve, reject }] });
      if (!running.has(key)) void lane.add(key, newUsage());
    } else group.calls.push({ item, resolve, reject });
    // The round passes it on only when its other half is decided as well; a call that fails before that is no fault of
    // the process, which Node would end for it.
    promise.catch(() => {});
    return promise;
  };
}

/** Again when it lost a race, which others have won meanwhile. */
async function untilDecided<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      const errno = errnoOf(error);
      const lostRace = errno === ER.DUP_ENTRY || errno === ER.LOCK_DEADLOCK;
      if (!lostRace || attempt === ATTEMPTS) throw error;
      await sleep(Math.random() * 10 * attempt);
    }
  }
}
