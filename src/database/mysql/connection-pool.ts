/**
 * The pool of connections, and when a connection is retired. One is never used again after its
 * server became read-only, shut down, reset it or stopped answering, and neither is any that was
 * opened before: after a failover all of them may lead to the old server. The same holds if the
 * user lacks a right, because new connections get a right that was granted again. After an error
 * that is not known to be harmless, only the connection itself is retired.
 */

import { CarError } from '../../cars/car-error.ts';
import type { PoolState } from '../database.ts';
import { type Connection, openConnection, type Server, type Session } from './connection.ts';
import { ER, errnoOf, isConnectionFault, isHarmless, lacksRights, NoAnswerError } from './errors.ts';
import { TIMING } from './timing.ts';

/** No connection was free in time, or too little time was left, though the server may be well. */
export class AllInUseError extends Error {
  override name = 'AllInUseError';
  /** As of {@link NoAnswerError}. */
  readonly code = 'ETIMEDOUT';
}

export interface ConnectionPool {
  /**
   * Runs `work` on a connection. If `work` rejects, its transaction is rolled back, or the
   * connection is closed. Rejects with `unavailable` (at once while the server is known to be
   * unavailable), else with what `work` rejects with.
   * @param deadline when `work` must end, by `performance.now()`; by default, when a request must.
   */
  withConnection<Result>(work: (session: Session) => Promise<Result>, deadline?: number): Promise<Result>;
  /**
   * Whether work succeeded within the last `milliseconds`, and the server was not found unavailable
   * since.
   */
  hasAnswered(milliseconds: number): boolean;
  state(): PoolState;
  close(): Promise<void>;
}

interface Pooled {
  readonly connection: Connection;
  /** Connections of an older generation than the pool's must not be used again. */
  readonly generation: number;
  readonly openedAt: number;
  readonly expires: number;
  idleSince: number;
}

function toPooled(connection: Connection, generation: number): Pooled {
  const openedAt = performance.now();
  const lifetime = TIMING.lifetime * (0.8 + Math.random() * 0.4);
  return { connection, generation, openedAt, expires: openedAt + lifetime, idleSince: openedAt };
}

export function openConnectionPool(config: Server): ConnectionPool {
  const free: Pooled[] = [];
  let waiters: ((pooled: Pooled | undefined) => void)[] = [];
  let open = 0;
  let generation = 0;
  let closed = false;
  let waits = 0;
  let waited = 0;
  /** Why the server is unavailable, while it is. */
  let failure: Error | undefined;
  /** When work last succeeded. */
  let answeredAt = Number.NEGATIVE_INFINITY;

  /**
   * Opens one more connection, for a request that waits for one. If that fails, no other is opened until a
   * probe has reached the server.
   */
  async function openOne(): Promise<void> {
    open += 1;
    const opened = generation;
    try {
      release(toPooled(await openConnection(config), opened));
    } catch (error) {
      open -= 1;
      // A server with no room for another connection still serves those that are open.
      if (open > 0 && ER.TOO_MANY.includes(errnoOf(error) ?? 0)) return;
      markUnavailable(error as Error);
    }
  }

  function markUnavailable(reason: Error): void {
    if (failure !== undefined || closed) return;
    failure = reason;
    for (const waiter of waiters.splice(0)) waiter(undefined);
    void probe();
  }

  /**
   * Tries to reach the server until it succeeds; one attempt at a time, however many requests
   * arrive.
   */
  async function probe(): Promise<void> {
    for (let pause: number = TIMING.probeFirst; !closed; pause = Math.min(pause * 2, TIMING.probeMax)) {
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)).unref());
      try {
        open += 1;
        const connection = await openConnection(config);
        failure = undefined;
        release(toPooled(connection, generation));
        return;
      } catch (error) {
        open -= 1;
        failure = error as Error;
      }
    }
  }

  async function acquire(deadline: number): Promise<Pooled> {
    for (;;) {
      if (closed) throw new Error('the pool is closed');
      if (failure !== undefined) throw failure;
      if (timeFor(deadline) === 0) throw new AllInUseError('too little time is left');
      const pooled = free.pop() ?? (await waitForOne(deadline));
      pooled.connection.setDeadline(deadline);
      const now = performance.now();
      const { connection } = pooled;
      const isRetired = connection.isBroken() || pooled.generation !== generation || now > pooled.expires;
      if (!isRetired && now - pooled.idleSince < TIMING.idle) return pooled;
      if (!isRetired && (await answers(pooled))) return pooled;
      discard(pooled);
    }
  }

  /** Whether the server answers a ping. If not, that says something about other connections unless it had no time. */
  async function answers(pooled: Pooled): Promise<boolean> {
    try {
      await pooled.connection.ping();
      return true;
    } catch (error) {
      if (!(error instanceof NoAnswerError && error.wasHurried)) retireGeneration(pooled);
      return false;
    }
  }

  /** Milliseconds in which a connection must be found. */
  function timeFor(deadline: number): number {
    return Math.max(deadline - performance.now() - TIMING.least, 0);
  }

  function waitForOne(deadline: number): Promise<Pooled> {
    const since = performance.now();
    const limit = Math.min(timeFor(deadline), TIMING.answer);
    waits += 1;
    return new Promise((resolve, reject) => {
      const waiter = (pooled: Pooled | undefined) => {
        clearTimeout(timer);
        waited += performance.now() - since;
        if (pooled === undefined) reject(failure ?? new Error('the pool is closed'));
        else resolve(pooled);
      };
      const timer = setTimeout(() => {
        waiters = waiters.filter((other) => other !== waiter);
        waited += performance.now() - since;
        reject(new AllInUseError(`no connection was free within ${Math.round(limit)} ms`));
      }, limit);
      waiters.push(waiter);
      if (open < config.poolSize) void openOne();
    });
  }

  function release(pooled: Pooled): void {
    pooled.idleSince = performance.now();
    const waiter = waiters.shift();
    if (waiter !== undefined) waiter(pooled);
    else if (closed) discard(pooled);
    else free.push(pooled);
  }

  function discard(pooled: Pooled): void {
    open -= 1;
    pooled.connection.destroy();
    // A waiting request gets a new connection. If none can be opened, `markUnavailable` has
    // rejected it already.
    if (waiters.length > 0 && failure === undefined) void openOne();
  }

  /**
   * Retires this connection's generation and all before it. Those in use are discarded when they
   * come back.
   */
  function retireGeneration(pooled: Pooled): void {
    if (pooled.generation !== generation) return;
    generation += 1;
    for (const old of free.splice(0)) discard(old);
  }

  /** Takes back a connection on which `error` happened. */
  async function takeBack(pooled: Pooled, error: unknown): Promise<void> {
    const isOld = performance.now() - pooled.openedAt > TIMING.rights;
    if (isConnectionFault(error) || (lacksRights(error) && isOld)) {
      retireGeneration(pooled);
      discard(pooled);
    } else if ((isHarmless(error) || lacksRights(error)) && (await pooled.connection.rollBack())) {
      release(pooled);
    } else discard(pooled);
  }

  return {
    async withConnection(work, deadline = performance.now() + TIMING.answer) {
      let pooled: Pooled;
      try {
        pooled = await acquire(deadline);
      } catch (error) {
        throw new CarError('unavailable', { cause: error });
      }
      try {
        const result = await work(pooled.connection);
        answeredAt = performance.now();
        release(pooled);
        return result;
      } catch (error) {
        await takeBack(pooled, error);
        throw error;
      }
    },

    hasAnswered: (milliseconds) => failure === undefined && performance.now() - answeredAt < milliseconds,

    state: () => ({ size: config.poolSize, open, free: free.length, waiting: waiters.length, waits, waited }),

    async close() {
      closed = true;
      for (const waiter of waiters.splice(0)) waiter(undefined);
      await Promise.all(free.splice(0).map((pooled) => pooled.connection.end()));
    },
  };
}
