/** Lists: queries that wait together share a round trip, and equal ones share one page. */

import type { CarListQuery, CarPage } from '../../cars/car-list.ts';
import { type Batch, createBatch, type Outcome } from '../batch.ts';
import { orderingIndex } from '../list-sql.ts';
import { type Shared, shareWaiting } from '../share-waiting.ts';
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

/** Shares round trips and pages between requests; see {@link shareWaiting}. */
export function createSharedLists(
  ask: (queries: readonly CarListQuery[], deadline: number) => Promise<readonly Outcome<CarPage>[]>,
): Batch<CarListQuery, CarPage> {
  const rowsOf = (page: CarPage) => page.cars.length;
  const shared = shareWaiting<CarListQuery, CarPage>(rowsOf);
  const run = async (items: readonly Shared<CarListQuery>[], deadline: number) => {
    shared.begin(items);
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
  const quick = createBatch<Shared<CarListQuery>, CarPage>({
    name: 'list',
    ...common,
    maxSize: LISTS_TOGETHER,
    maxConcurrent: LISTS_AT_ONCE,
  });
  const alone = { ...common, maxSize: 1, maxConcurrent: LISTS_AT_ONCE / 2 };
  const large = createBatch<Shared<CarListQuery>, CarPage>({ name: 'large-list', ...alone });
  const slow = createBatch<Shared<CarListQuery>, CarPage>({ name: 'sorted-list', ...alone });

  return {
    expectedWait: quick.expectedWait,

    add(query, usage) {
      const lane = !isOrdered(query) ? slow : query.limit > LARGE ? large : quick;
      return shared.join(query, usage, (item) => lane.add(item, usage));
    },
  };
}

/**
 * Whether an index has the order. Otherwise the server sorts all rows, and a search may read many.
 * Both may take long, so the query goes alone.
 */
function isOrdered({ sort, filter }: CarListQuery): boolean {
  if (filter.q !== undefined) return false;
  return sort[0]?.field === 'id' || orderingIndex(sort, filter) !== undefined;
}
