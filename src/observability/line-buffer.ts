/**
 * Collects log lines and writes them together, because one write for each request costs too much
 * under load.
 */

import { escapeControls } from './safe-text.ts';

export interface LineBuffer {
  write(line: string): void;
  /** Writes what the reader takes now. Pino calls this after a fatal line. */
  flushSync(): void;
  /** Writes everything at exit. Gives up when the reader takes too long. */
  finish(): void;
}

/**
 * A process that is killed loses the lines of its last `maxDelay` milliseconds. While nobody reads,
 * lines are kept up to `maxKept` bytes. At exit, the reader has `maxFinish` milliseconds to
 * take them.
 */
const LIMITS = { together: 16 * 1024, maxDelay: 100, maxKept: 1024 * 1024, maxFinish: 500 } as const;

/** Milliseconds between two attempts to write to a reader that is slow. */
const RETRY = 10;

const DEL = '\u007f';

/**
 * Why not pino's own destination (sonic-boom): synchronous, it stops the process until a stalled
 * reader goes on; asynchronous, a write to a terminal holds a thread that the process waits for at
 * exit.
 * @param write returns how many bytes it wrote. Throws EAGAIN when the reader takes none now, and
 * must not block.
 * @param onDrop is called for lines that are lost: too many were kept, or writing failed.
 * @param onRecovery is called when a write works again after lines were lost.
 */
export function createLineBuffer(
  write: (bytes: Buffer) => number,
  onDrop: (lines: number) => void,
  onRecovery: (lines: number) => void,
): LineBuffer {
  /** Lines are encoded at once: later, their parts would have left the processor's cache. */
  const kept = Buffer.allocUnsafe(LIMITS.maxKept);
  /** How many bytes of it are to be written. */
  let length = 0;
  let dropped = 0;
  let retry: NodeJS.Timeout | undefined;

  function drop(count: number): void {
    dropped += count;
    onDrop(count);
  }

  /** Returns false when the reader has to be waited for. */
  function flush(): boolean {
    clearTimeout(retry);
    retry = undefined;
    try {
      if (writeAll()) reportDropped();
      return true;
    } catch (error) {
      if (isBusy(error)) retry = setTimeout(flush, RETRY).unref();
      else dropUnwritten();
      return !isBusy(error);
    }
  }

  /** Returns whether there was anything to write. */
  function writeAll(): boolean {
    const isEmpty = length === 0;
    while (length > 0) {
      const written = write(kept.subarray(0, length));
      kept.copyWithin(0, written, length);
      length -= written;
    }
    return !isEmpty;
  }

  function reportDropped(): void {
    if (dropped === 0) return;
    const lost = dropped;
    dropped = 0;
    onRecovery(lost);
  }

  /** The reader is gone, or the disk is full: keeping the lines would not help. */
  function dropUnwritten(): void {
    drop(countLines(kept.toString('latin1', 0, length)));
    length = 0;
  }

  setInterval(() => retry ?? flush(), LIMITS.maxDelay).unref();
  return {
    write(line) {
      const safe = isHarmless(line) ? line : escapeControls(line);
      if (Buffer.byteLength(safe) > kept.length - length) {
        drop(1);
        return;
      }
      length += kept.write(safe, length);
      if (length >= LIMITS.together && retry === undefined) flush();
    },
    flushSync: flush,
    finish() {
      const begun = performance.now();
      while (!flush() && performance.now() - begun < LIMITS.maxFinish) pause(RETRY);
    },
  };
}

/** Almost all lines are ASCII: one byte for each character. Then DEL is all that may need escaping. */
function isHarmless(line: string): boolean {
  return Buffer.byteLength(line) === line.length && !line.includes(DEL);
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

/** Stops the whole process, which is exiting anyway. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
