/** Temporary files for one test, removed after the test. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Creates an empty folder and returns its path. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Creates a file with this content and returns its path. */
export function makeFile(content: string): string {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, content);
  return path;
}
