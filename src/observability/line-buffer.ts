/** Gathers lines and hands them on together: a write costs more than a line, and at full load there would be one for each request. */

export interface LineBuffer {
  write(line: string): void;
  /** Also called by pino behind a fatal line. */
  flushSync(): void;
}

/** A process that is killed loses what it wrote within `maxDelay` milliseconds. */
const LIMITS = { characters: 16 * 1024, maxDelay: 100 } as const;

/**
 * Written here because pino's destination, asked to do the same, measures all that it has gathered again for each line.
 * @param handOn gets whole lines
 */
export function createLineBuffer(handOn: (lines: string) => void): LineBuffer {
  let lines = '';

  function flushSync(): void {
    if (lines === '') return;
    const gathered = lines;
    lines = '';
    handOn(gathered);
  }

  setInterval(flushSync, LIMITS.maxDelay).unref();
  return {
    write(line) {
      lines += line;
      if (lines.length >= LIMITS.characters) flushSync();
    },
    flushSync,
  };
}
