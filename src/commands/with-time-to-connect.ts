/** Reaches the database for a command, for which nobody waits as for a request. */

import { setTimeout as sleep } from 'node:timers/promises';
import { CarError } from '../cars/car-error.ts';

/** How often to try, a second apart, if the database does not answer in time. */
const ATTEMPTS = 5;

/** @param tell is called before each further attempt. By default, stderr says so. */
export async function withTimeToConnect<Result>(
  work: () => Promise<Result>,
  tell: (message: string) => void = (message) => process.stderr.write(`${message}\n`),
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isTimeout(error)) throw error;
      tell('the database did not answer in time; trying again');
      await sleep(1000);
    }
  }
}

/** Nothing was changed then: a change that may have been applied is `outcome-unknown`. */
function isTimeout(error: unknown): boolean {
  if (!(error instanceof CarError) || error.code !== 'unavailable') return false;
  return error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ETIMEDOUT';
}
