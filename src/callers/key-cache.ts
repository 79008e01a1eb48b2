/** Caches API keys in memory, so that authentication does not wait for the database. */

import type { ApiKey } from './api-key.ts';

/** Milliseconds. Every instance sees a new or revoked key after at most `interval` and one read. */
const TIMES = {
  /** Time between two regular reads. */
  interval: 10_000,
  /** Minimum time between two reads for unknown keys, so that made-up keys cannot flood the database. */
  early: 1000,
  /** Maximum age of the cache. After that, any key could have been revoked. */
  trusted: 30_000,
} as const;

export interface KeyCache {
  /**
   * Returns the key with this id, as a promise if the keys have to be read first. Rejects with {@link KeysUnavailableError} if
   * that cannot be decided.
   */
  find(id: string): ApiKey | Promise<ApiKey | undefined>;
  close(): void;
}

/** The keys could not be read, so no credential can be checked. */
export class KeysUnavailableError extends Error {
  override name = 'KeysUnavailableError';
}

/**
 * Reads the keys at regular intervals until closed.
 * @param read returns all keys.
 * @param clock monotonic, in milliseconds.
 */
export function createKeyCache(
  read: () => Promise<readonly ApiKey[]>,
  clock: () => number = () => performance.now(),
): KeyCache {
  let keys = new Map<string, ApiKey>();
  /** When the last successful read began; it may have missed later changes. */
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

  async function findAfterReading(id: string): Promise<ApiKey | undefined> {
    if (reading !== undefined || clock() - begunAt >= TIMES.early) await refresh();
    // The key may be new. Do not call it wrong only because the database is unavailable.
    const isNew = !keys.has(id) && failure !== undefined;
    if (isNew || !isTrusted())
      throw new KeysUnavailableError('the keys could not be read', { cause: failure });
    return keys.get(id);
  }

  return {
    find(id) {
      const key = keys.get(id);
      return key !== undefined && isTrusted() ? key : findAfterReading(id);
    },

    close: () => clearInterval(timer),
  };
}
