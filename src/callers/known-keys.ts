/** The API keys as a service knows them: held in memory, so that no request waits for the database to be let in. */

import type { ApiKey } from './api-key.ts';

/** Milliseconds. A new or revoked key is known to every instance within `interval` and the time of one read. */
const TIMES = {
  /** Between two reads. */
  interval: 10_000,
  /** Between two reads that a key asked for which is not known; whoever makes up keys causes no more than these. */
  early: 1000,
  /** After this time without a read nobody can tell which keys were revoked. */
  trusted: 30_000,
} as const;

export interface KnownKeys {
  /** The key with this id; rejects with {@link KeysUnknownError} where that cannot be told. */
  find(id: string): Promise<ApiKey | undefined>;
  close(): void;
}

/** The keys could not be read, so it cannot be told who may call. */
export class KeysUnknownError extends Error {
  override name = 'KeysUnknownError';
}

/** @param clock milliseconds that only grow */
export function watchKeys(
  read: () => Promise<readonly ApiKey[]>,
  clock: () => number = () => performance.now(),
): KnownKeys {
  let keys = new Map<string, ApiKey>();
  /** When the last read that succeeded was begun: it may have missed what was changed since. */
  let readAt = Number.NEGATIVE_INFINITY;
  let begunAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let failure: unknown;

  function refresh(): Promise<void> {
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function readAll(): Promise<void> {
    begunAt = clock();
    const begun = begunAt;
    try {
      keys = new Map((await read()).map((key) => [key.id, key]));
      readAt = begun;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  }

  const isTrusted = () => clock() - readAt <= TIMES.trusted;
  const timer = setInterval(refresh, TIMES.interval).unref();

  return {
    async find(id) {
      if (keys.has(id) && isTrusted()) return keys.get(id);
      if (reading !== undefined || clock() - begunAt >= TIMES.early) await refresh();
      // A key that was made meanwhile must not be called wrong because the database is away.
      const isNew = !keys.has(id) && failure !== undefined;
      if (isNew || !isTrusted()) throw new KeysUnknownError('the keys could not be read', { cause: failure });
      return keys.get(id);
    },

    close: () => clearInterval(timer),
  };
}
