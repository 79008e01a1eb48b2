/** Runs a program to its end, and reports its output when it fails. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds, for a build that downloads its libraries on a slow machine. */
const TIMEOUT = 10 * 60_000;

/** Rejects with the last lines of the output when the program fails. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const child = spawn(program, args, {
    ...(cwd && { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code, signal] = await once(child, 'close');
  if (code === 0) return;
  const tail = output.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`${[program, ...args].join(' ')} ended with ${code ?? signal}:\n${tail}`);
}
