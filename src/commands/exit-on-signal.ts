/** Lets signals end a command. Without a handler, the first process of a container ignores them. */

import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** The exit code is 128 and the signal's number, as in a shell. The database survives it, as it survives a kill. */
export function exitOnSignal(): void {
  for (const signal of SIGNALS) process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
