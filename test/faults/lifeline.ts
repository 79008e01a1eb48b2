/** Checks the health of a service all the time and records the answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from './caller.ts';

export interface Lifeline {
  /** How often `/healthz` was anything but 200, broken connections included. */
  dead: number;
  asked: number;
  stop(): Promise<void>;
}

export function watchLife(caller: Caller): Lifeline {
  let stopped = false;
  const line: Lifeline = {
    dead: 0,
    asked: 0,
    async stop() {
      stopped = true;
      await watching;
    },
  };
  const watch = async () => {
    while (!stopped) {
      const answer = await caller.send({ path: '/healthz' }).catch(() => undefined);
      line.asked += 1;
      if (answer?.status !== 200) line.dead += 1;
      await sleep(100);
    }
  };
  const watching = watch();
  return line;
}

/** Milliseconds from now until a call is answered with 2xx; gives up after `timeout`. */
export async function untilServed(
  caller: Caller,
  call: Parameters<Caller['send']>[0],
  timeout = 20_000,
): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const answer = await caller.send(call).catch(() => undefined);
    const took = performance.now() - begun;
    if (answer !== undefined && answer.status < 300) return took;
    if (took > timeout) throw new Error(`not served within ${timeout} ms: ${answer?.status} ${answer?.text}`);
    await sleep(20);
  }
}
