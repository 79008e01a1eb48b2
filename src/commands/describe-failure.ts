/** Why a process could not do its work, for whoever started it: a line for each fault, and no stack. */

import { CarError } from '../cars/car-error.ts';
import { ConfigError } from '../config/reader.ts';

export function describeFailure(error: unknown): string {
  // A CarError is a code; what happened is in its cause.
  const reason = error instanceof CarError && error.cause instanceof Error ? error.cause : error;
  if (reason instanceof ConfigError) {
    return reason.faults.map(({ variable, problem }) => `${variable} ${problem}`).join('\n');
  }
  return reason instanceof Error ? reason.message : String(reason);
}
