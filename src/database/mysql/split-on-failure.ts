/** Finds the request that made a batch fail, so that only that one fails or waits. */

import type { Outcome } from '../batch.ts';
import { mayBeAboutOne, toCarError } from './errors.ts';
import { TIMING } from './timing.ts';

/** Runs items together. Rejects with the driver's error if nothing was applied. */
export type Run<Item, Result> = (
  items: readonly Item[],
  deadline: number,
) => Promise<readonly Outcome<Result>[]>;

/**
 * Runs a batch. When the server rejects it because of one request, runs its halves, and so on, until the item to blame is
 * alone: that one is passed to `runAlone`, and the batch does not wait for it.
 * @param keyOf items with the same key concern the same thing, so they stay together, in their
 * order.
 */
export function splitOnFailure<Item, Result extends object>(
  run: Run<Item, Result>,
  keyOf: (item: Item) => unknown,
  runAlone: (item: Item, deadline: number) => Promise<Result>,
): Run<Item, Result> {
  async function attempt(items: readonly Item[], deadline: number): Promise<readonly Outcome<Result>[]> {
    try {
      return await run(items, deadline);
    } catch (error) {
      const isLate = deadline - performance.now() < TIMING.again;
      if (isLate || !mayBeAboutOne(error)) {
        const failure = toCarError(error);
        return items.map(() => failure);
      }
      const keys = [...new Set(items.map(keyOf))];
      if (keys.length === 1) return items.map((item) => runAlone(item, deadline));
      const left = new Set(keys.slice(0, keys.length / 2));
      // By index, because two requests may be described by one and the same object.
      const halves = Map.groupBy(items.keys(), (index) => left.has(keyOf(items[index] as Item)));
      const outcomes: Outcome<Result>[] = [];
      for (const half of halves.values()) {
        const halfOutcomes = await attempt(
          half.map((index) => items[index] as Item),
          deadline,
        );
        for (const [place, index] of half.entries()) outcomes[index] = halfOutcomes[place] as Outcome<Result>;
      }
      return outcomes;
    }
  }

  return attempt;
}
