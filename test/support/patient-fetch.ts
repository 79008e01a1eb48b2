/**
 * A caller who asks again when the service says that it is asked too much, as it may on a machine that tests keep busy. For all
 * tests but those about that refusal itself: it comes before anything else is decided, so it says nothing about what they prove.
 */

import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two tries. */
export const PAUSE = 20;

/** An answer to HEAD does not say why it is 503, so it is believed after so many tries. */
const HEADS_AT_MOST = 50;

/** Whether this is the answer of a service that refuses for want of time, and not because the database is away. */
export function isOverload(status: number, body: string): boolean {
  return status === 503 && body.includes('More is asked of the service than it can answer in time.');
}

/** As `fetch`. A body that is a stream is sent once, as it cannot be had again. */
export async function patientFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(url, init);
    if (response.status !== 503 || init.body instanceof ReadableStream) return response;
    const mayBeOverload =
      init.method === 'HEAD'
        ? tries < HEADS_AT_MOST
        : isOverload(response.status, await response.clone().text());
    if (!mayBeOverload) return response;
    await response.body?.cancel();
    await sleep(PAUSE);
  }
}
