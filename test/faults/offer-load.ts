/**
 * Offers load to a service from a separate process, checks the service's health meanwhile, and
 * finds its maximum.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Caller, createCaller } from './caller.ts';
import type { Kind, LoadReport, OfferedLoad } from './clocked-load.ts';

export const KINDS: readonly Kind[] = ['list', 'write', 'read'];

/** What one stretch of load came to. */
export interface Stretch {
  readonly report: LoadReport;
  /** 2xx answers a second, while the load lasted. */
  readonly useful: number;
  /**
   * Milliseconds that each health check took; every one that was not answered with 200 counts in
   * `dead`.
   */
  readonly health: readonly number[];
  readonly dead: number;
}

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'clocked-load.ts');

export async function offerLoad(load: OfferedLoad): Promise<Stretch> {
  const caller = createCaller(load.url, 64);
  const health = askHealth(caller);
  const { stdout } = await run(process.execPath, [PROGRAM, JSON.stringify(load)], { maxBuffer: 2 ** 24 });
  const { took, dead } = await health.stop();
  caller.close();
  const report: LoadReport = JSON.parse(stdout);
  const served = KINDS.reduce((sum, kind) => sum + report[kind].servedMeanwhile, 0);
  return { report, useful: served / load.seconds, health: took, dead };
}

/**
 * What a service can do: the load of which nearly all is served meanwhile, and the most useful
 * answers a second.
 */
export interface Capacity {
  readonly sustainable: number;
  readonly peak: number;
  /** Offered and useful, for people. */
  readonly tried: readonly string[];
}

/**
 * Raises the load until it is no longer served; beyond that, more cheap calls in place of dear ones
 * look like a gain.
 */
export async function findCapacity(load: OfferedLoad): Promise<Capacity> {
  const tried: string[] = [];
  let [sustainable, peak] = [0, 0];
  for (let { rate } = load; ; rate *= 1.5) {
    const { useful, report } = await offerLoad({ ...load, rate });
    const total = (count: 'sent' | 'refused') => KINDS.reduce((sum, kind) => sum + report[kind][count], 0);
    tried.push(`${Math.round(rate)}: ${Math.round(useful)}`);
    peak = Math.max(peak, useful);
    // What is under way when the time is over is not useful yet, hence the wide margin beside the
    // refusals.
    const isServed = total('refused') < total('sent') * 0.02 && useful > rate * 0.8;
    if (!isServed) return { sustainable, peak, tried };
    sustainable = rate;
  }
}

/** Every 50 ms by the clock, whether the last one was answered or not. */
function askHealth(caller: Caller) {
  const took: number[] = [];
  let dead = 0;
  let stopped = false;
  const asks: Promise<void>[] = [];
  const ask = async () => {
    const begun = performance.now();
    const answer = await caller.send({ path: '/healthz' }).catch(() => undefined);
    took.push(performance.now() - begun);
    if (answer?.status !== 200) dead += 1;
  };
  const asking = (async () => {
    while (!stopped) {
      asks.push(ask());
      await sleep(50);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await asking;
      await Promise.all(asks);
      return { took, dead };
    },
  };
}
