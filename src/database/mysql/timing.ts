/**
 * Every time limit that a request may meet in MySQL, in milliseconds.
 * `test/database/mysql-timing.test.ts` adds them up along each path that a request can take.
 */

/**
 * Within which time every request is answered: 2 s if one thing goes wrong (the server stops
 * answering, cannot be reached, or is too busy), 3.5 s if a second one follows, or if the request
 * waits for another transaction's lock.
 */
export const ANSWER_WITHIN = { oneFault: 2000, twoFaults: 3500 } as const;

export const TIMING = {
  /**
   * Until a batch starts. A request that would wait longer is rejected at once: more work than the
   * server can do.
   */
  batchWait: 400,
  /**
   * Until a connection is free, when all are in use. Short, because the request may have waited for
   * its batch already.
   */
  poolWait: 400,
  /**
   * Until an idle server answers `DO 1` or `ROLLBACK`. A healthy one needs a few milliseconds, even
   * across zones.
   */
  ping: 400,
  /**
   * To connect and to log in, TLS included. A network that drops packets shows itself by this limit
   * alone.
   */
  connect: 1000,
  /**
   * For a SELECT, enforced by the server (MySQL knows no such limit for writes). Ends before
   * `statement`, so that the connection can be used again.
   */
  select: 1300,
  /**
   * For any statement, enforced by the service, which then closes the connection: the server may be
   * silent.
   */
  statement: 1500,
  /**
   * A batch that fails later than this is not split: what fails so slowly is not the fault of a
   * single request.
   */
  split: 1000,
  /** A batch that fails later than this is not retried: the retry could end too late. */
  retry: 300,
  /** Until one of the few connections that may wait for a lock is free. */
  lockTurn: 1000,
  /**
   * For a row lock or a table lock; the server takes whole seconds only, so this is the minimum.
   */
  lock: 1000,
  /** For `GET /readyz`, which load balancers give up after a few seconds. */
  ready: 900,

  // The pool's own clock; no request waits for these.
  /** A connection that was idle for longer is pinged before it is used. */
  idle: 1000,
  /**
   * Connections are renewed, so that the service follows a change of the host's address. Jittered
   * by a fifth.
   */
  lifetime: 5 * 60_000,
  /** Connections that are older are retired when the user lacks a right. */
  rights: 1000,
  /** Pauses between attempts to reach an unavailable server: doubled each time, then jittered. */
  probeFirst: 50,
  probeMax: 800,
} as const;
