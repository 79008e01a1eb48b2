/** Finds the tests that say which claim of a document they prove: `// Proves: NAME, NAME`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Proof {
  readonly names: readonly string[];
  readonly file: string;
  /** Undefined when the whole file proves it. */
  readonly title: string | undefined;
}

const COMMENT = /^ *\/\/ Proves: (.+)\n(.*)/gm;

/** Sorted by file; in a file, in the order of the tests. */
export function findProofs(root: string, files: readonly string[]): Proof[] {
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(COMMENT)].map(({ 0: comment, 1: names = '', 2: next = '', index }) => ({
      names: names.split(', '),
      file,
      title: next.trim() === '' ? undefined : titleOf(text, index + comment.length - next.length, file),
    }));
  });
}

/**
 * The title of the test that begins at `start`: `it('…'`, or `it.each(…)('…'`. Where that is only a placeholder for a row's own
 * title, the title of the group stands before it.
 */
function titleOf(text: string, start: number, file: string): string {
  const test = text.slice(start);
  const [, title] =
    /^ *(?:it|describe)\(\s*['"`](.+?)['"`],/.exec(test) ??
    /^ *(?:it|describe)\.each[\s\S]*?\)\(\s*['"`](.+?)['"`],/.exec(test) ??
    [];
  if (title === undefined) throw new Error(`${file}: no test follows a comment // Proves`);
  if (!/^[$%]\w+$/.test(title)) return title;
  const groups = [...text.slice(0, start).matchAll(/^describe\(['"`](.+?)['"`],/gm)];
  return `${groups.at(-1)?.[1]} ${title}`;
}
