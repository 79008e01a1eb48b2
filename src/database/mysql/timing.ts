/**
 * Every time limit that a request may meet in MySQL, in milliseconds. One deadline bounds them all:
 * each step gets its own limit or the time that is left, whichever is shorter.
 */

export const TIMING = {
  /**
   * From the arrival of a request to its answer, whatever happens to it. 2 s are promised; the rest
   * is for the service itself and for timers that fire late.
   */
  answer: 1900,
  /**
   * Of work ahead of a request, by what the last batches took. A request that meets more is
   * rejected at once: the server cannot do so much.
   */
  backlog: 400,
  /**
   * Until a batch starts. Longer than a hiccup of the server, of the disk or of the network. After
   * a write's turn there must still be time to wait for a lock.
   */
  readTurn: 1300,
  writeTurn: 850,
  /** A failed batch is split or retried only if so much time is left for it. */
  again: 300,
  /**
   * Until an idle server answers `DO 1` or `ROLLBACK`. A healthy one needs a few milliseconds, even
   * across zones.
   */
  ping: 400,
  /** No work gets a connection with less time left: that would only break the connection. */
  least: 50,
  /** For a `ROLLBACK` after the deadline. */
  rollback: 80,
  /** A statement without an answer for so long shows that the server is silent. */
  silence: 1000,
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
  /** A token of IAM is valid for 15 minutes, and renewed before. */
  token: 10 * 60_000,
  /** Connections that are older are retired when the user lacks a right. */
  rights: 1000,
  /** Pauses between attempts to reach an unavailable server: doubled each time, then jittered. */
  probeFirst: 50,
  probeMax: 800,
} as const;
