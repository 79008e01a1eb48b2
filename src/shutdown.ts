/** Graceful shutdown on SIGTERM or SIGINT. Exit codes: 0 stopped, 1 could not start or stop in time. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import type { Config } from './config/config.ts';
import type { Log } from './observability/log.ts';

/**
 * On the first signal, fails `/readyz` for `DRAIN_SECONDS`, then finishes the requests in flight and exits. A second
 * signal, or `STOP_SECONDS` after the first, exits immediately.
 */
export function shutDownOnSignal(app: App, { drainSeconds, stopSeconds }: Config, log: Log) {
  let hasBegun = false;

  async function shutDown(signal: NodeJS.Signals): Promise<void> {
    if (hasBegun)
      exitWithFailure(log, new Error(`${signal} during shutdown: requests in flight were dropped`));
    hasBegun = true;
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

  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
  return { hasBegun: () => hasBegun };
}

export function exitWithFailure(log: Log, error: unknown): never {
  log.fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
