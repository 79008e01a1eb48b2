/**
 * Writes that wait for a lock which another transaction holds, apart from the batches, so that no
 * other request waits.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { CarError, type CarErrorCode } from '../../cars/car-error.ts';
import { newUsage } from '../../cars/request-context.ts';
import { createBatch, type Outcome } from '../batch.ts';
import { ER, errnoOf, toCarError } from './errors.ts';
import type { Run } from './split-on-failure.ts';
import { TIMING } from './timing.ts';

/** Connections that may wait for locks at once; the rest of the pool serves the others. */
const CONNECTIONS = 4;

/** How often a write is tried in all when it loses a race (a deadlock, a twin that was faster). */
const MAX_ATTEMPTS = 4;

/** A twin was faster, or two writes blocked each other, or a server joined the cluster meanwhile. */
const LOST_RACE: readonly number[] = [ER.DUP_ENTRY, ER.LOCK_DEADLOCK, ER.UNUSABLE_IDS];

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result | Promise<Result>) => void;
  readonly reject: (error: Error) => void;
}

interface Group<Item, Result> {
  /** When the first of its members must be answered. */
  deadline: number;
  readonly members: Waiting<Item, Result>[];
}

/**
 * Returns a function that runs one item, and waits for the lock that it needs. Items with the same
 * key run together, one such group of a key at a time.
 * @param run waits for locks for about a second. It is not called first if less time is left.
 * @param tooLate what an item is rejected with that did not get the lock, or its turn to wait for
 * it, in time.
 */
export function waitForLock<Item, Result extends object>(
  name: string,
  run: Run<Item, Result>,
  keyOf: (item: Item) => unknown,
  tooLate: CarErrorCode,
): (item: Item, deadline: number) => Promise<Result> {
  const groups = new Map<unknown, Group<Item, Result>>();
  const running = new Set<unknown>();

  const lane = createBatch<unknown, undefined>({
    name,
    maxSize: 1,
    maxConcurrent: CONNECTIONS,
    run: async ([key]) => [await runGroup(key)],
  });

  async function runGroup(key: unknown): Promise<undefined> {
    const { deadline, members } = groups.get(key) ?? { deadline: 0, members: [] };
    groups.delete(key);
    running.add(key);
    const outcomes = await outcomesOf(
      members.map(({ item }) => item),
      deadline,
    );
    for (const [index, { resolve, reject }] of members.entries()) {
      const outcome = outcomes[index];
      if (outcome instanceof Error) reject(toCarError(outcome));
      else resolve(outcome as Result | Promise<Result>);
    }
    running.delete(key);
    // Items that arrived meanwhile.
    if (groups.has(key)) void lane.add(key, newUsage());
    return undefined;
  }

  async function outcomesOf(items: readonly Item[], deadline: number): Promise<readonly Outcome<Result>[]> {
    if (isTooLate(deadline)) return items.map(noTurn);
    try {
      return await retryLostRaces(() => run(items, deadline), deadline);
    } catch (error) {
      const hasNoTime = errnoOf(error) === ER.LOCK_WAIT_TIMEOUT || (hasLostRace(error) && isLate(deadline));
      const failure = hasNoTime ? new CarError(tooLate, { cause: error }) : toCarError(error);
      return items.map(() => failure);
    }
  }

  const isTooLate = (deadline: number) => deadline - performance.now() < TIMING.lock;

  function noTurn(): CarError {
    return new CarError(tooLate, { cause: new Error('no turn to wait for the lock in time') });
  }

  return (item, deadline) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const key = keyOf(item);
    const group = groups.get(key);
    // In a group, it would leave the others no time either.
    if (isTooLate(deadline)) reject(noTurn());
    else if (group === undefined) {
      groups.set(key, { deadline, members: [{ item, resolve, reject }] });
      if (!running.has(key)) void lane.add(key, newUsage());
    } else {
      group.deadline = Math.min(group.deadline, deadline);
      group.members.push({ item, resolve, reject });
    }
    // The batch attaches its handler only when its other half is decided as well. Without this one,
    // Node would end the process for an item that fails before that.
    promise.catch(() => {});
    return promise;
  };
}

const hasLostRace = (error: unknown) => LOST_RACE.includes(errnoOf(error) ?? 0);

/** Whether too little time is left for another attempt. */
const isLate = (deadline: number) => deadline - performance.now() < TIMING.again;

/** Runs again after a lost race, because the winner is done by then. */
async function retryLostRaces<Result>(run: () => Promise<Result>, deadline: number): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (!hasLostRace(error) || attempt === MAX_ATTEMPTS || isLate(deadline)) throw error;
      await sleep(Math.random() * 10 * attempt);
    }
  }
}
