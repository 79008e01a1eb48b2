/** How long a fault lasts: `FAULTS=short` makes the long ones shorter, for a run before each change. */

const isShort = process.env['FAULTS'] === 'short';

/** Returns one of two durations in seconds. The published figures come from the full one. */
export function lasting({ full, short }: { full: number; short: number }): number {
  return isShort ? short : full;
}
