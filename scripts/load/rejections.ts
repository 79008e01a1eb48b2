/** Reports rejected rows: prints the first ones, and writes all of them to a file. */

import type { RejectedRow } from '../../client/src/index.ts';
import type { CsvFile } from './csv-file.ts';
import { cannotWrite, openRejectedFile } from './rejected-file.ts';

export const MAX_LISTED = 100;

export type Rejections = Awaited<ReturnType<typeof openRejections>>;

/**
 * @param path of the file to write; undefined for none. It starts with the header of the loaded
 * file, so that it can be corrected and loaded.
 */
export async function openRejections(
  path: string | undefined,
  input: CsvFile,
  print: (text: string) => void,
) {
  const file = path === undefined ? undefined : await openRejectedFile(path, input);
  let count = 0;

  async function write(operation: Promise<void> | undefined): Promise<void> {
    await operation?.catch((error) => {
      throw new Error(cannotWrite(path ?? '', error));
    });
  }

  return {
    /** Throws if the file cannot be written, which ends the run. */
    async add(rows: readonly RejectedRow<string>[]): Promise<void> {
      for (const { line, problem } of rows) {
        count += 1;
        if (count <= MAX_LISTED) print(`line ${line}: ${explain(problem)}`);
      }
      if (rows.length > 0) await write(file?.appendFile(rows.map(({ row }) => `${row}\n`).join('')));
    },
    /** Returns when the file is complete. */
    close: () => write(file?.close()),
    /** Prints how many rows were not listed, and what to do next. */
    async end(): Promise<void> {
      // Still open if the run failed.
      await file?.close().catch(() => {});
      if (count > MAX_LISTED) print(`and ${count - MAX_LISTED} more rejected rows`);
      if (count === 0) return;
      const where = path === undefined ? 'a new file that contains only them' : path;
      print(`Correct the rejected rows in ${where}, and load that file.`);
      print('Do not correct and reload the whole file: all of its other cars would be created again.');
    },
  };
}

function explain({ detail, errors = [] }: RejectedRow<string>['problem']): string {
  const faults = errors.map(({ pointer = '', detail: fault }) =>
    pointer === '' ? fault : `${pointer.slice(1)}: ${fault}`,
  );
  return faults.length > 0 ? faults.join('; ') : detail;
}
