/** Reports rejected rows: prints the first ones, and writes all of them to a file. */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { RejectedRow } from '../../client/src/index.ts';
import { UsageError } from '../transfer/options.ts';

export const MAX_LISTED = 100;

export type Rejections = Awaited<ReturnType<typeof openRejections>>;

/**
 * @param path of the file to write; undefined for none. It starts with the header of the loaded
 * file, so that it can be corrected and loaded.
 */
export async function openRejections(
  path: string | undefined,
  header: string,
  print: (text: string) => void,
) {
  const file = path === undefined ? undefined : await createFile(path);
  file?.write(`${header}\n`);
  let count = 0;
  return {
    add({ line, row, problem }: RejectedRow<string>): void {
      count += 1;
      file?.write(`${row}\n`);
      if (count <= MAX_LISTED) print(`line ${line}: ${explain(problem)}`);
    },
    /** Prints how many rows were not listed, and what to do next. */
    async end(): Promise<void> {
      if (file !== undefined) await new Promise<void>((resolve) => file.end(resolve));
      if (count > MAX_LISTED) print(`and ${count - MAX_LISTED} more rejected rows`);
      if (count === 0) return;
      const where = path === undefined ? 'a new file that contains only them' : path;
      print(`Correct the rejected rows in ${where}, and load that file.`);
      print('Do not correct and reload the whole file: all of its other cars would be created again.');
    },
  };
}

async function createFile(path: string): Promise<WriteStream> {
  const file = createWriteStream(path);
  try {
    await once(file, 'open');
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return file;
}

function explain({ detail, errors = [] }: RejectedRow<string>['problem']): string {
  const faults = errors.map(({ pointer = '', detail: fault }) =>
    pointer === '' ? fault : `${pointer.slice(1)}: ${fault}`,
  );
  return faults.length > 0 ? faults.join('; ') : detail;
}
