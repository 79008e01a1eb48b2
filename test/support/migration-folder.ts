/** A temporary folder of migrations, to see what the migrator makes of files that the service does not have. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes files, name to content, into a new folder, which is removed when the test ends. */
export function migrationFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cars-api-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** The content of a migration file. */
export function migrationFile(sql: string, oldestCompatible = 1): string {
  return `-- A test's migration.\n-- oldest-compatible: ${oldestCompatible}\n${sql}\n`;
}
