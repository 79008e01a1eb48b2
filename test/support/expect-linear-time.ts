/** Checks that work takes time in proportion to the size of its input. */

import { expect } from 'vitest';

/** How often each size is timed. The fastest counts, because a busy machine only makes it slower. */
const TIMES = 7;

/** @param work with an input of this size, which should take about a millisecond. */
export function expectLinearTime(size: number, prepare: (size: number) => () => void): void {
  const [small, large] = [prepare(size), prepare(8 * size)];
  const fastest = (work: () => void) => {
    const times = Array.from({ length: TIMES }, () => {
      const begun = performance.now();
      work();
      return performance.now() - begun;
    });
    return Math.min(...times);
  };
  fastest(small);
  // Eight times the size takes 8 times as long if the time is linear, 64 times if it is quadratic. A tenth of a millisecond is noise.
  expect(fastest(large)).toBeLessThan(24 * Math.max(0.1, fastest(small)));
}
