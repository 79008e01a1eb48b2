/**
 * A client of a service in a process of its own: when the service answers 503, it waits for as long as `Retry-After` says and
 * asks again. It does so a few times only and reports each time, so an overload control that rejects too much is seen.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

const MAX_RETRIES = 3;

/** Like `fetch`; returns the last 503 when the retries are used up. For a body that can be sent again. */
export async function fetchWithRetries(url: string, init: RequestInit = {}): Promise<Response> {
  for (let retries = 0; ; retries += 1) {
    const response = await fetch(url, init);
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    if (response.status !== 503 || Number.isNaN(seconds) || retries === MAX_RETRIES) return response;
    const { method = 'GET' } = init;
    process.stderr.write(
      `503 for ${method} ${url}, retry ${retries + 1} of ${MAX_RETRIES}: ${expect.getState().currentTestName}\n`,
    );
    await response.body?.cancel();
    await sleep(seconds * 1000);
  }
}
