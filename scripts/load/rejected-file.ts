/** The file for the rejected rows. What it has already is never lost. */

import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { splitCsv } from '../../client/src/index.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import type { CsvFile } from './csv-file.ts';

/**
 * Opens the file and empties it. Throws {@link UsageError} if it cannot be written, if it is the
 * file to load, or if it has rows that are not in that file, such as corrected ones.
 */
export async function openRejectedFile(path: string, input: CsvFile): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_WRONLY | constants.O_CREAT);
    await empty(file, path, input);
    await file.appendFile(`${input.header}\n`);
    return file;
  } catch (error) {
    await file?.close();
    throw error instanceof UsageError ? error : new UsageError(cannotWrite(path, error));
  }
}

export function cannotWrite(path: string, error: unknown): string {
  return `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`;
}

async function empty(file: FileHandle, path: string, input: CsvFile): Promise<void> {
  const stats = await file.stat({ bigint: true });
  // A device or a pipe.
  if (!stats.isFile()) return;
  if (stats.dev === input.origin.dev && stats.ino === input.origin.ino)
    throw new UsageError(`--rejected ${path} is the file to load; give another name`);
  if (stats.size > 0n && !(await isFromEarlierRun(path, stats.size, input)))
    throw new UsageError(`--rejected ${path} has other rows already; give another name, or remove it`);
  await file.truncate();
}

/** Whether all lines of the file are in the input. A run that was killed may have cut the last one. */
async function isFromEarlierRun(path: string, size: bigint, input: CsvFile): Promise<boolean> {
  // Standard input may be all that is left of the rows. A part of the input is not larger than it.
  if (input.isCopy || size > input.origin.size + 1n) return false;
  const lines = linesOf(await readFile(path, 'utf8'));
  let cut = lines.pop() ?? '';
  const missing = new Set(lines);
  for await (const records of splitCsv(input.read())) {
    for (const line of records.flatMap(({ text }) => linesOf(text))) {
      missing.delete(line);
      if (line.startsWith(cut)) cut = '';
    }
  }
  return missing.size === 0 && cut === '';
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}
