/** Collects log lines and writes them together, because one write for each request costs too much under load. */

export interface LineBuffer {
  write(line: string): void;
  /** Pino calls this after a fatal line. */
  flushSync(): void;
}

/** A process that is killed loses the lines of its last `maxDelay` milliseconds. */
const LIMITS = { characters: 16 * 1024, maxDelay: 100 } as const;

/**
 * Why not pino's own destination with `minLength`: for each line, it measures its whole buffer again.
 * @param writeLines receives one or more whole lines.
 */
export function createLineBuffer(writeLines: (lines: string) => void): LineBuffer {
  let lines = '';

  function flushSync(): void {
    if (lines === '') return;
    const collected = lines;
    lines = '';
    writeLines(collected);
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
