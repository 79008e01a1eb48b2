/** Checks that work takes CPU time in proportion to the size of its input. */

import { expect } from 'vitest';

/** Microseconds of CPU for which each size is repeated, because the clock of some systems ticks in milliseconds. */
const ENOUGH = 60_000;

/** @param prepare returns the work on an input of a size. */
export function expectLinearTime(size: number, prepare: (size: number) => () => void): void {
  const costOf = (work: () => void) => {
    const begun = process.threadCpuUsage();
    for (let times = 1; ; times += 1) {
      work();
      const { user, system } = process.threadCpuUsage(begun);
      if (user + system >= ENOUGH) return (user + system) / times;
    }
  };
  const [small, large] = [prepare(size), prepare(8 * size)];
  costOf(small);
  // Eight times the size costs 8 times as much if the time is linear, 64 times if it is quadratic.
  expect(costOf(large) / costOf(small)).toBeLessThan(24);
}
