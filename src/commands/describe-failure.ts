/** Describes why a command failed: one line for each fault, no stack trace. */

import { CarError } from '../cars/car-error.ts';
import { ConfigError } from '../config/reader.ts';

export function describeFailure(error: unknown): string {
  // The message of a CarError is only a code; its cause has the details.
  const reason = error instanceof CarError && error.cause instanceof Error ? error.cause : error;
  if (reason instanceof ConfigError) {
    return reason.faults.map(({ variable, problem }) => `${variable} ${problem}`).join('\n');
  }
  return reason instanceof Error ? reason.message : String(reason);
}
