/** Graceful shutdown on a signal. Exit codes: 0 stopped, 1 could not start or stop in time. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import type { Config } from './config/config.ts';
import type { Log } from './observability/log.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Milliseconds. One Ctrl-C or one closed terminal arrives twice: from the terminal and from npm.
 */
const SAME_REQUEST = 1000;

/**
 * On the first signal, fails `/readyz` for `DRAIN_SECONDS`, then finishes the requests in flight
 * and exits. A second signal, or `STOP_SECONDS` after the first, exits immediately.
 */
export function shutDownOnSignal(app: App, { drainSeconds, stopSeconds }: Config, log: Log) {
  let begun: number | undefined;

  async function shutDown(signal: NodeJS.Signals): Promise<void> {
    if (begun !== undefined) {
      if (performance.now() - begun < SAME_REQUEST) return;
      exitWithFailure(log, new Error(`${signal} during shutdown: requests in flight were dropped`));
    }
    begun = performance.now();
    log.info({ signal }, 'stopping');
    const deadline = setTimeout(() => {
      exitWithFailure(log, new Error(`requests were still in flight after ${stopSeconds} s`));
    }, stopSeconds * 1000);
    app.drain();
    await sleep(drainSeconds * 1000);
    await app.stop().catch((error: unknown) => exitWithFailure(log, error));
    clearTimeout(deadline);
    log.info('stopped');
    process.exit(0);
  }

  for (const signal of SIGNALS) process.on(signal, shutDown);
  return { hasBegun: () => begun !== undefined };
}

export function exitWithFailure(log: Log, error: unknown): never {
  log.fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
