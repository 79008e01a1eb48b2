/** The request that a store works for: who makes it, and where the store notes what it used. */

/** Who makes a request. The audit trail records it with each change. */
export interface Author {
  /** Empty if authentication is off. */
  readonly caller: string;
  /** The id under which the log has the request. */
  readonly requestId: string;
}

/**
 * How long one request may take, and what it used of the database. The store adds to it when each of
 * the request's queries ends.
 */
export interface Usage {
  /**
   * From when its time limits count, by `performance.now()`: when all of it had arrived. What it
   * waited for before the store, such as a check of its credential, counts as well.
   */
  since: number;
  /** Milliseconds spent queued. Queries that run side by side add up. */
  waited: number;
  /** Milliseconds spent in the database, including waits for a lock or a connection. */
  worked: number;
  /** Cars that were read or changed. */
  rows: number;
  /** Why a query was rejected for lack of time, if one was. */
  shed: string | undefined;
}

/** The first argument of every method of a store. */
export interface RequestContext {
  readonly author: Author;
  readonly usage: Usage;
}

export function newUsage(): Usage {
  return { since: performance.now(), waited: 0, worked: 0, rows: 0, shed: undefined };
}
