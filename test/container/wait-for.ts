/** Polls until a container is in some state. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `check` until it returns a value. Throws after `seconds`, with the last error. */
export async function waitFor<Result>(
  what: string,
  seconds: number,
  check: () => Promise<Result | undefined>,
): Promise<Result> {
  const end = performance.now() + seconds * 1000;
  let last: unknown = 'nothing';
  while (performance.now() < end) {
    try {
      const result = await check();
      if (result !== undefined) return result;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`${what} did not happen within ${seconds} s; last: ${last}`);
}

/** Resolves when `GET url` answers 200. */
export function waitForAnswer(url: string, seconds: number): Promise<Response> {
  return waitFor(`200 from ${url}`, seconds, async () => {
    const response = await fetch(url);
    return response.status === 200 ? response : undefined;
  });
}
