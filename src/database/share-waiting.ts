/** Lets equal queries that wait together share one result. */

import type { Usage } from '../cars/request-context.ts';
import { type Batch, type BatchOptions, createBatch } from './batch.ts';

/** A query, and the key by which it equals others. */
export interface Shared<Query> {
  readonly key: string;
  readonly query: Query;
}

export interface WaitingQueries<Query, Result> {
  /**
   * Joins the query to an equal one that waits and must be answered no later, or adds it.
   * @param add adds a query to the batch that runs it.
   */
  join(query: Query, usage: Usage, add: (item: Shared<Query>) => Promise<Result>): Promise<Result>;
  /**
   * Must be called when queries begin to run. A later query does not join them: they may have
   * started before a write that its client knows of.
   */
  begin(items: readonly Shared<Query>[]): void;
}

/** @param rowsOf how many cars a result holds. */
export function shareWaiting<Query, Result>(
  rowsOf: (result: Result) => number,
): WaitingQueries<Query, Result> {
  const waiting = new Map<string, { readonly since: number; readonly result: Promise<Result> }>();
  return {
    join(query, usage, add) {
      const key = JSON.stringify(query);
      const known = waiting.get(key);
      if (known !== undefined && known.since <= usage.since) return noteShared(known.result, rowsOf, usage);
      const asked = { since: usage.since, result: add({ key, query }) };
      waiting.set(key, asked);
      // A query that was rejected never began to run. No later one may join it.
      asked.result.catch(() => {
        if (waiting.get(key) === asked) waiting.delete(key);
      });
      return asked.result;
    },
    begin(items) {
      for (const { key } of items) waiting.delete(key);
    },
  };
}

/** A batch in which equal queries that wait together are asked once. */
export function createSharedBatch<Query, Result extends object>(
  options: Omit<BatchOptions<Query, Result>, 'sizeOf'>,
): Batch<Query, Result> {
  const { rowsOf = () => 1 } = options;
  const shared = shareWaiting<Query, Result>(rowsOf);
  const batch = createBatch<Shared<Query>, Result>({
    ...options,
    run: (items, deadline) => {
      shared.begin(items);
      return options.run(
        items.map(({ query }) => query),
        deadline,
      );
    },
  });
  return {
    expectedWait: batch.expectedWait,
    add: (query, usage) => shared.join(query, usage, (item) => batch.add(item, usage)),
  };
}

/** For a result that another request asked for, only its arrival is known, so all the time counts as waiting. */
async function noteShared<Result>(
  result: Promise<Result>,
  rowsOf: (result: Result) => number,
  usage: Usage,
): Promise<Result> {
  const since = performance.now();
  try {
    const shared = await result;
    usage.rows += rowsOf(shared);
    return shared;
  } finally {
    usage.waited += performance.now() - since;
  }
}
