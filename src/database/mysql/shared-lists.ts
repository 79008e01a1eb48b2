/** Lists: queries that wait together share a round trip, and equal ones share one page. */

import type { CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { Usage } from '../../cars/request-context.ts';
import { type Batch, createBatch, type Outcome } from '../batch.ts';
import { orderingIndex } from '../list-sql.ts';
import { TIMING } from './timing.ts';

/**
 * Round trips at once. The fewer, the more requests share each, and the more connections are left
 * for reads and writes.
 */
const LISTS_AT_ONCE = 4;

/** Different queries in one round trip. The last page waits for those before it. */
const LISTS_TOGETHER = 8;

/** A page with more cars goes alone: many such pages at once would block the event loop. */
const LARGE = 250;

/**
 * Shares round trips and pages between requests. A query joins an equal one that waits, never one
 * that is running: that one may have started before a write that this client knows of.
 */
export function createSharedLists(
  ask: (queries: readonly CarListQuery[], deadline: number) => Promise<readonly Outcome<CarPage>[]>,
): Batch<CarListQuery, CarPage> {
  const waiting = new Map<string, Promise<CarPage>>();
  const rowsOf = (page: CarPage) => page.cars.length;

  interface Item {
    readonly key: string;
    readonly query: CarListQuery;
  }
  const run = async (items: readonly Item[], deadline: number) => {
    for (const { key } of items) waiting.delete(key);
    return ask(
      items.map(({ query }) => query),
      deadline,
    );
  };
  const common = {
    maxBacklog: TIMING.backlog,
    maxWait: TIMING.readTurn,
    answerWithin: TIMING.answer,
    run,
    rowsOf,
  };
  const quick = createBatch<Item, CarPage>({
    name: 'list',
    ...common,
    maxSize: LISTS_TOGETHER,
    maxConcurrent: LISTS_AT_ONCE,
  });
  const alone = { ...common, maxSize: 1, maxConcurrent: LISTS_AT_ONCE / 2 };
  const large = createBatch<Item, CarPage>({ name: 'large-list', ...alone });
  const slow = createBatch<Item, CarPage>({ name: 'sorted-list', ...alone });

  return {
    expectedWait: quick.expectedWait,

    add(query, usage) {
      const key = JSON.stringify(query);
      const known = waiting.get(key);
      if (known !== undefined) return noteShared(known, usage);
      const lane = !isOrdered(query) ? slow : query.limit > LARGE ? large : quick;
      const asked = lane.add({ key, query }, usage);
      waiting.set(key, asked);
      // A query that was rejected never reached `run`. No later one may join it.
      asked.catch(() => {
        if (waiting.get(key) === asked) waiting.delete(key);
      });
      return asked;
    },
  };
}

/**
 * For a page that another request asked for, only its arrival is known, so all the time counts as
 * waiting.
 */
async function noteShared(page: Promise<CarPage>, usage: Usage): Promise<CarPage> {
  const since = performance.now();
  try {
    const shared = await page;
    usage.rows += shared.cars.length;
    return shared;
  } finally {
    usage.waited += performance.now() - since;
  }
}

/**
 * Whether an index has the order. Otherwise the server sorts all rows, and a search may read many.
 * Both may take long, so the query goes alone.
 */
function isOrdered({ sort, filter }: CarListQuery): boolean {
  if (filter.q !== undefined) return false;
  return sort[0]?.field === 'id' || orderingIndex(sort, filter) !== undefined;
}
