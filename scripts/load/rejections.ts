/** The list of rejected rows, which ends where nobody would read on. */

export const MAX_LISTED = 100;

export function listRejections(write: (text: string) => void) {
  let count = 0;
  return {
    add(line: number, reason: string): void {
      count += 1;
      if (count <= MAX_LISTED) write(`line ${line}: ${reason}`);
    },
    /** Says how many were not listed, and what to do about all of them. */
    end(): void {
      if (count > MAX_LISTED) write(`and ${count - MAX_LISTED} more rejected rows`);
      if (count === 0) return;
      write(
        'Put the rejected rows, corrected, in a file of their own: an edited copy of the whole file is a new',
      );
      write('file, and its other rows would be created once more.');
    },
  };
}
