/** The request that a store works for: who makes it, and where the store notes what it used. */

/** Who makes a request. The audit trail records it with each change. */
export interface Author {
  /** Empty if authentication is off. */
  readonly caller: string;
  /** The id under which the log has the request. */
  readonly requestId: string;
}

/**
 * What one request used of the database. The store adds to it when each of the request's queries
 * ends.
 */
export interface Usage {
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
  return { waited: 0, worked: 0, rows: 0, shed: undefined };
}
