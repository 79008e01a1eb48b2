/** A second try for work whose connection turned out to be of no use. */

import { CarError } from '../../cars/car-error.ts';
import { isConnectionFault } from './errors.ts';

/** A call that failed later than this, in milliseconds, has used up its time. */
const REPEAT_WITHIN = 300;

/**
 * Runs work, and once more when its connection was lost or its server left: the pool then gives one that was opened
 * since. Not when it may have been applied, unless it may be repeated all the same.
 */
export async function onceMore<Result>(run: () => Promise<Result>, mayRepeat: boolean): Promise<Result> {
  const begun = performance.now();
  try {
    return await run();
  } catch (error) {
    const inDoubt = error instanceof CarError && error.code === 'outcome-unknown';
    const isLate = performance.now() - begun > REPEAT_WITHIN;
    if (isLate || !isConnectionFault(error) || (inDoubt && !mayRepeat)) throw error;
    // A second failure says nothing about what the first attempt did.
    return run().catch((second) => {
      throw inDoubt ? error : second;
    });
  }
}
