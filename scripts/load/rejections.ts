/** Prints rejected rows, up to a limit. */

export const MAX_LISTED = 100;

export function listRejections(write: (text: string) => void) {
  let count = 0;
  return {
    add(line: number, reason: string): void {
      count += 1;
      if (count <= MAX_LISTED) write(`line ${line}: ${reason}`);
    },
    /** Prints how many rows were not listed, and what to do next. */
    end(): void {
      if (count > MAX_LISTED) write(`and ${count - MAX_LISTED} more rejected rows`);
      if (count === 0) return;
      write(
        'Correct the rejected rows in a new file that contains only them. Do not edit and reload the whole file:',
      );
      write('the loader treats it as a new file and creates its other rows again.');
    },
  };
}
