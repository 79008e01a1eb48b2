/** Puts a database further away: a proxy that holds back its answers. */

import { startDelayingProxy } from '../tools/delaying-proxy.ts';

export interface Distance {
  /** The same database, behind the proxy. */
  readonly urlOf: (databaseUrl: string) => string;
  close(): void;
}

/** @param milliseconds that each answer takes longer; timers fire up to a millisecond late. */
export async function startDistance(serverUrl: string, milliseconds: number): Promise<Distance> {
  const proxy = await startDelayingProxy(serverUrl, { answers: milliseconds });
  return {
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl);
      url.host = new URL(proxy.url).host;
      return String(url);
    },
    close: proxy.close,
  };
}
