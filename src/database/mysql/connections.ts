/**
 * The pool: lends connections, never one that is in doubt. A connection whose server became read-only, was shut down,
 * reset or fell silent is not used again, and neither is any that was opened before: after a failover all of them
 * may lead to the old server.
 */

import { CarError } from '../../cars/car-error.ts';
import type { MysqlConfig } from '../../config/database.ts';
import type { PoolState } from '../database.ts';
import { type Connection, openConnection } from './connection.ts';
import { ER, errnoOf, isConnectionFault } from './errors.ts';
import type { Session } from './session.ts';

/** Milliseconds. */
const TIMES = {
  /** For a free connection, when all are lent. */
  wait: 400,
  /** After this idle time a connection is asked whether its server still answers before it is lent. */
  idle: 1000,
  /** Connections are renewed, so that a change of the host's address is followed; jittered, so that not all at once. */
  lifetime: 5 * 60_000,
  /** Between attempts to reach a server that is away: doubled each time, jittered. */
  retryFirst: 50,
  retryLongest: 800,
} as const;

/** No connection was free in time; those who hold them may be served well. */
export class AllInUseError extends Error {
  override name = 'AllInUseError';
}

export interface Connections {
  /**
   * Lends a connection to `work`. When `work` throws, what it left open is rolled back, or the connection closed.
   * Throws `unavailable`, at once while the server is away; else what `work` throws.
   */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
  /** Whether the server has done some work within the last `milliseconds`, and was not found away since. */
  hasAnswered(milliseconds: number): boolean;
  state(): PoolState;
  close(): Promise<void>;
}

interface Lent {
  readonly connection: Connection;
  /** Connections of an older generation than the pool's are in doubt. */
  readonly generation: number;
  readonly expires: number;
  idleSince: number;
}

export function openConnections(config: MysqlConfig): Connections {
  const free: Lent[] = [];
  let waiters: ((lent: Lent | undefined) => void)[] = [];
  let open = 0;
  let generation = 0;
  let closed = false;
  let waits = 0;
  let waited = 0;
  /** Why the server is away, while it is. */
  let away: Error | undefined;
  /** When work was last done. */
  let answeredAt = Number.NEGATIVE_INFINITY;

  /** Opens one connection more. A failure turns the pool away from the server until a probe reaches it. */
  async function openOne(): Promise<Lent> {
    open += 1;
    const opened = generation;
    try {
      const connection = await openConnection(config);
      const lifetime = TIMES.lifetime * (0.8 + Math.random() * 0.4);
      return { connection, generation: opened, expires: Date.now() + lifetime, idleSince: Date.now() };
    } catch (error) {
      open -= 1;
      // A server that is full serves those who are in.
      if (open > 0 && ER.TOO_MANY.includes(errnoOf(error) ?? 0)) return waitForOne();
      turnAway(error as Error);
      throw error;
    }
  }

  function turnAway(reason: Error): void {
    if (away !== undefined || closed) return;
    away = reason;
    for (const waiter of waiters.splice(0)) waiter(undefined);
    void probe();
  }

  /** Tries again and again; one attempt at a time, however many requests come in. */
  async function probe(): Promise<void> {
    for (let pause: number = TIMES.retryFirst; !closed; pause = Math.min(pause * 2, TIMES.retryLongest)) {
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)).unref());
      try {
        open += 1;
        const connection = await openConnection(config);
        away = undefined;
        release({ connection, generation, expires: Date.now() + TIMES.lifetime, idleSince: Date.now() });
        return;
      } catch (error) {
        open -= 1;
        away = error as Error;
      }
    }
  }

  async function acquire(): Promise<Lent> {
    for (;;) {
      if (closed) throw new Error('the pool is closed');
      if (away !== undefined) throw away;
      const lent = free.pop() ?? (open < config.poolSize ? await openOne() : await waitForOne());
      const now = Date.now();
      const isOld = lent.connection.isBroken() || lent.generation !== generation || now > lent.expires;
      if (!isOld && now - lent.idleSince < TIMES.idle) return lent;
      if (!isOld && (await lent.connection.answers())) return lent;
      if (!isOld) drain(lent);
      discard(lent);
    }
  }

  function waitForOne(): Promise<Lent> {
    const since = performance.now();
    waits += 1;
    return new Promise((resolve, reject) => {
      const waiter = (lent: Lent | undefined) => {
        clearTimeout(timer);
        waited += performance.now() - since;
        if (lent === undefined) reject(away ?? new Error('the pool is closed'));
        else resolve(lent);
      };
      const timer = setTimeout(() => {
        waiters = waiters.filter((other) => other !== waiter);
        waited += performance.now() - since;
        reject(new AllInUseError(`all ${config.poolSize} connections were in use for ${TIMES.wait} ms`));
      }, TIMES.wait);
      waiters.push(waiter);
    });
  }

  function release(lent: Lent): void {
    lent.idleSince = Date.now();
    const waiter = waiters.shift();
    if (waiter !== undefined) waiter(lent);
    else if (closed) discard(lent);
    else free.push(lent);
  }

  function discard(lent: Lent): void {
    open -= 1;
    lent.connection.destroy();
    // Whoever waits gets another; a failure has told them so already.
    if (waiters.length > 0) openOne().then(release, () => {});
  }

  /** Puts every connection in doubt that is not younger than this one; those that are lent go when they come back. */
  function drain(lent: Lent): void {
    if (lent.generation !== generation) return;
    generation += 1;
    for (const old of free.splice(0)) discard(old);
  }

  /** Gives back a connection on which `error` happened. */
  async function giveBack(lent: Lent, error: unknown): Promise<void> {
    if (isConnectionFault(error)) {
      drain(lent);
      discard(lent);
    } else if (await lent.connection.rollBack()) release(lent);
    else discard(lent);
  }

  return {
    async use(work) {
      let lent: Lent;
      try {
        lent = await acquire();
      } catch (error) {
        throw new CarError('unavailable', { cause: error });
      }
      try {
        const result = await work(lent.connection);
        answeredAt = performance.now();
        release(lent);
        return result;
      } catch (error) {
        await giveBack(lent, error);
        throw error;
      }
    },

    hasAnswered: (milliseconds) => away === undefined && performance.now() - answeredAt < milliseconds,

    state: () => ({ size: config.poolSize, open, free: free.length, waiting: waiters.length, waits, waited }),

    async close() {
      closed = true;
      for (const waiter of waiters.splice(0)) waiter(undefined);
      await Promise.all(free.splice(0).map((lent) => lent.connection.end()));
    },
  };
}
