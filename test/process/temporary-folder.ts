/** Files for one test, in a folder of its own that is removed when the test ends. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an empty folder; gives its path. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a file with this content; gives its path. */
export function makeFile(content: string): string {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, content);
  return path;
}
