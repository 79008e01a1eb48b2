/** Notices that the files of an open database were removed, replaced or overwritten. */

import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { CarError } from '../../cars/car-error.ts';

/** How each SQLite database begins. */
const HEADER = 'SQLite format 3\0';

export interface FileWatch {
  /**
   * Throws `unavailable` if the open database is not the one that the path names any more: what is
   * written to it would be lost.
   */
  checkPlace(): void;
  /** Throws `unavailable` if the file does not begin as a database does. */
  checkHeader(): void;
}

/** @param path of the open database; `:memory:` is never checked. */
export function watchFile(path: string): FileWatch {
  if (path === ':memory:') return { checkPlace() {}, checkHeader() {} };
  const files = [path, `${path}-wal`];
  /** The files as they were when they were first seen. SQLite creates the second one later. */
  const known = new Map<string, Stats>();

  return {
    checkPlace() {
      for (const file of files) {
        const now = statSync(file, { throwIfNoEntry: false });
        const before = known.get(file);
        if (before === undefined) {
          if (now !== undefined) known.set(file, now);
        } else if (now?.ino !== before.ino || now.dev !== before.dev) {
          throw unavailable(`${file} was removed or replaced; restart the service`);
        }
      }
    },

    checkHeader() {
      const descriptor = openSync(path, 'r');
      try {
        const bytes = Buffer.alloc(HEADER.length);
        readSync(descriptor, bytes, 0, HEADER.length, 0);
        if (bytes.toString('latin1') !== HEADER) throw unavailable(`${path} is not a database any more`);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function unavailable(reason: string): CarError {
  return new CarError('unavailable', { cause: new Error(reason) });
}
