/** Runs the loader in a process of its own, and parses its summary. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/load.ts', import.meta.url));

export interface Finished {
  /** As a shell reports it: 128 and its number after a signal. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The numbers of the summary by their names: `created`, `already there`… */
  readonly summary: Readonly<Record<string, number>>;
}

export interface Loading {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** @param input what the loader reads from standard input. */
export function startLoad(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Loading {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
  child.stdin.on('error', () => {}); // the loader does not read it without `-`
  child.stdin.end(input);
  return { process: child, finished: finish(child, once(child, 'close')) };
}

export function runLoad(...args: readonly string[]): Promise<Finished> {
  return startLoad(args).finished;
}

async function finish(
  child: ReturnType<typeof spawn>,
  closed: Promise<readonly unknown[]>,
): Promise<Finished> {
  if (child.stdout === null || child.stderr === null) throw new Error('the loader has no output');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  const exitCode = child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGKILL'];
  return { exitCode, stdout, stderr, summary: parseSummary(stdout) };
}

function parseSummary(stdout: string): Readonly<Record<string, number>> {
  const lines = stdout.matchAll(/^(\S+(?: \S+)*) {2,}([\d.]+)$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]));
}
