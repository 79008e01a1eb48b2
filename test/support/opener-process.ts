/** Processes that open a database at the same time, or are killed while they migrate it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface OpenerProcess {
  /** Lets it open the database. */
  go(): void;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** How it ended, and what it said. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly output: string }>;
}

/** Resolves when the process is loaded and waits for `go`. */
export async function startOpener(url: string, folder?: string): Promise<OpenerProcess> {
  const script = join(import.meta.dirname, 'open-and-close.ts');
  const child = spawn(process.execPath, [script, ...(folder === undefined ? [] : [folder])], {
    env: { ...process.env, DATABASE_URL: url },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const note = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', note);
  child.stderr.setEncoding('utf8').on('data', note);
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  return {
    go: () => void child.stdin.write('go\n'),
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
    ended: closed.then(([exitCode]) => ({ exitCode, output })),
  };
}
