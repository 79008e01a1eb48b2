/** Logs connections that the service cut because clients held too many, or too many unread bytes, or were too slow. */

import { type CutReason, cutConnections } from './channels.ts';
import type { Log } from './log.ts';

/** Milliseconds that one line covers: an attack must not fill the log. */
const INTERVAL = 5000;

/** Returns the function that stops, after it has logged what is not logged yet. */
export function logCutConnections(log: Log): () => void {
  let counts: Partial<Record<CutReason, number>> = {};
  let timer: NodeJS.Timeout | undefined;

  function report(): void {
    timer = undefined;
    log.warn(counts, 'connections were cut');
    counts = {};
  }

  function listener(message: unknown): void {
    const reason = message as CutReason;
    counts[reason] = (counts[reason] ?? 0) + 1;
    timer ??= setTimeout(report, INTERVAL).unref();
  }

  cutConnections.subscribe(listener);
  return () => {
    cutConnections.unsubscribe(listener);
    if (timer === undefined) return;
    clearTimeout(timer);
    report();
  };
}
