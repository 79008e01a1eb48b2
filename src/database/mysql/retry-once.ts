/** Retries work once after its connection failed. */

import { CarError } from '../../cars/car-error.ts';
import { isConnectionFault } from './errors.ts';
import { TIMING } from './timing.ts';

/**
 * Runs work, and runs it again if its connection was lost or its server went away: the pool then
 * opens a new connection. Work that may have been applied is only repeated if it `isRepeatable`.
 */
export async function retryOnce<Result>(
  work: () => Promise<Result>,
  isRepeatable: boolean,
  deadline: number,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const mayBeApplied = error instanceof CarError && error.code === 'outcome-unknown';
    const isLate = deadline - performance.now() < TIMING.again;
    if (isLate || !isConnectionFault(error) || (mayBeApplied && !isRepeatable)) throw error;
    return work().catch((second) => {
      // The second failure does not show whether the first attempt was applied.
      throw mayBeApplied ? error : second;
    });
  }
}
