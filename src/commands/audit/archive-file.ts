/** The file that entries of the audit trail are moved to: one line of JSON for each. */

import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TrailEntry } from '../../cars/audit-trail.ts';

export interface Archive {
  /** Returns when the entries are on disk. */
  add(this: void, entries: readonly TrailEntry[]): void;
  close(): void;
}

/** The file is created with its first entry, and must not exist before. */
export function openArchive(file: string): Archive {
  let descriptor: number | undefined;
  return {
    add(entries) {
      descriptor ??= create(file);
      writeFileSync(descriptor, entries.map((entry) => `${toLine(entry)}\n`).join(''));
      fsyncSync(descriptor);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

/** Only its owner may read it: it says who did what. */
function create(file: string): number {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
    return descriptor;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot create the archive (${reason}); no entry of it was removed`, { cause: error });
  }
}

/** An entry as JSON: the members of `GET /cars/{id}/history`, and before them the ids of the entry and the car. */
export function toLine({ id, carId, kind, version, author, time, before, after }: TrailEntry): string {
  return JSON.stringify({ id, carId, change: kind, version, ...author, time, before, after });
}
