/** Lists: those that wait together travel together, and equal ones are asked once, their callers getting the one page. */

import type { CarListQuery, CarPage } from '../../cars/car-list.ts';
import type { Usage } from '../../cars/request-context.ts';
import { type Batch, createBatch, type Outcome } from '../batch.ts';
import { orderingIndex } from '../list-sql.ts';
import { TIMING } from './timing.ts';

/** Statements under way at once; the fewer, the more callers share each. Reads by id and writes keep connections. */
const LISTS_AT_ONCE = 4;

/** Different queries in one round trip; a page that comes last waits for those before it. */
const LISTS_TOGETHER = 8;

/** Cars of a page beyond which it goes alone: taking many such pages in at once would hold the event loop for all. */
const LARGE = 250;

/**
 * Shares round trips and pages between callers. A query joins one that waits, never one that is under way: that one
 * may have been asked before a write that this caller knows of.
 */
export function createSharedLists(
  ask: (queries: readonly CarListQuery[]) => Promise<readonly Outcome<CarPage>[]>,
): Batch<CarListQuery, CarPage> {
  const waiting = new Map<string, Promise<CarPage>>();
  const rowsOf = (page: CarPage) => page.cars.length;

  interface Item {
    readonly key: string;
    readonly query: CarListQuery;
  }
  const run = async (items: readonly Item[]) => {
    for (const { key } of items) waiting.delete(key);
    return ask(items.map(({ query }) => query));
  };
  const common = { maxWait: TIMING.batchWait, run, rowsOf };
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
      // One that was refused never came to `run`; nobody must join it later.
      asked.catch(() => {
        if (waiting.get(key) === asked) waiting.delete(key);
      });
      return asked;
    },
  };
}

/** Of a page that another caller waits for, only when it came is known: all of that counts as waiting. */
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

/** Whether an index gives the order. What the server has to sort takes as long as its rows are many, and goes alone. */
function isOrdered({ sort, filter }: CarListQuery): boolean {
  return sort[0]?.field === 'id' || orderingIndex(sort, filter) !== undefined;
}
