/** Finds programs that are installed on this machine. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The path of the first of these programs that exists.
 * @param folders where to look besides those in PATH.
 */
export function findProgram(names: readonly string[], folders: readonly string[] = []): string | undefined {
  const inPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = [...inPath, ...folders];
  return names.flatMap((name) => places.map((folder) => join(folder, name))).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
