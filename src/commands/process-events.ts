/** What ends a command early: a signal, or an output that nobody reads. */

import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Exits with 128 and the signal's number, as a shell reports it. Without a handler, the first
 * process of a container ignores signals. The database survives it, as it survives a kill.
 */
export function exitOnSignal(): void {
  for (const signal of SIGNALS) process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Exits with 1 and one line when the result cannot be written, as after `keys list | head -1`. */
export function exitOnLostOutput(): void {
  process.stdout.on('error', (error) => {
    process.stderr.write(`cannot write the result: ${error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => process.exit(1));
}
