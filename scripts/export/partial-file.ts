/** The file of an export. It has another name until it is complete, so that nobody uses a part of it. */

import { statSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { FIELD_NAMES } from '../../src/cars/car.ts';
import { UsageError } from '../../src/commands/usage-error.ts';
import type { Format } from './options.ts';

export interface PartialFile {
  readonly path: string;
  /** The id of the last car in the file; undefined if it has none. */
  readonly lastId: number | undefined;
  readonly write: (text: string) => Promise<void>;
  /** Gives the file its name. */
  readonly complete: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How each export starts. */
const START = { csv: `id,${FIELD_NAMES.join()}\r\n`, ndjson: '{"brand":' } as const;

/** Longer than any line of an export. */
const TAIL = 16 * 1024;

/**
 * Opens `PATH.part`. Throws {@link UsageError} if it exists already, unless it is to be continued, or
 * if PATH is a device or a folder, which it could not replace. Removes a last line that is not
 * complete.
 */
export async function openPartialFile(
  path: string,
  format: Format,
  isContinued: boolean,
): Promise<PartialFile> {
  const part = `${path}.part`;
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw new UsageError(`${path} is not a regular file; for standard output, leave it out`);
  const file = await openPart(part, isContinued);
  const lastId = await cutLastLine(file, format).catch(async (error) => {
    await file.close();
    throw error instanceof UsageError ? new UsageError(`${part}: ${error.message}`) : error;
  });
  return {
    path: part,
    lastId,
    async write(text) {
      await file.appendFile(text);
    },
    async complete() {
      await file.sync();
      await rename(part, path);
    },
    close: () => file.close(),
  };
}

async function openPart(part: string, isContinued: boolean): Promise<FileHandle> {
  try {
    return await open(part, isContinued ? 'a+' : 'ax+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new UsageError(
        `${part} exists: another export is writing it, or was interrupted. To finish it, add --continue`,
      );
    }
    throw new UsageError(`cannot write ${part}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Removes what follows the last line feed. Returns the id in the last line. */
async function cutLastLine(file: FileHandle, format: Format): Promise<number | undefined> {
  const { size } = await file.stat();
  const head = await file.read(Buffer.alloc(START[format].length), 0, START[format].length, 0);
  if (!START[format].startsWith(head.buffer.toString('utf8', 0, head.bytesRead))) throw notAnExport(format);
  const start = Math.max(0, size - TAIL);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL), 0, TAIL, start);
  const end = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
  const line = buffer.toString('utf8', 0, end).trimEnd().split('\n').at(-1) ?? '';
  const hasCar = line !== '' && !(format === 'csv' && line.startsWith('id,'));
  const id = hasCar ? idOf(line, format) : undefined;
  await file.truncate(hasCar ? start + end : 0);
  return id;
}

function idOf(line: string, format: Format): number {
  const text = format === 'csv' ? /^(\d+),/.exec(line)?.[1] : /"id":(\d+),"model":/.exec(line)?.[1];
  if (text === undefined) throw notAnExport(format);
  return Number(text);
}

function notAnExport(format: Format): UsageError {
  return new UsageError(`is not an export in the format ${format}`);
}
