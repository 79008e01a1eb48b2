/** The programs as operators run them: `src/main.ts` and `src/migrate.ts`, each in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

export type Settings = Readonly<Record<string, string>>;

/** How a process ended, and all that it wrote. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  /** Fulfilled when the process has ended and its output was read to the end. */
  readonly ended: Promise<Ended>;
  /** What it wrote so far. */
  readonly output: { stdout: string; stderr: string };
  /** The lines of its log so far; throws when one is not JSON. */
  log(): LogLine[];
  /** Resolves with the first line of the log that has this text in its message. */
  logged(text: string): Promise<LogLine>;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface Service extends Program {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Milliseconds that a step may take which takes far below one second on an idle machine. */
export const PATIENCE = 30_000;

const SOURCE = join(import.meta.dirname, '../../src');

type File = 'main.ts' | 'commands/migrate.ts' | 'commands/inspect.ts' | 'commands/keys.ts';

interface ProgramOptions {
  /** Another release's `src`. */
  readonly source?: string;
  /** What stands behind the program's name on its command line. */
  readonly args?: readonly string[];
}

/** Starts a program of `src` with these settings and no others. It is killed at the end of the test, if it still runs. */
export function startProgram(file: File, settings: Settings, options: ProgramOptions = {}): Program {
  const { source = SOURCE, args = [] } = options;
  return watch(spawn(process.execPath, [join(source, file), ...args], { env: withPath(settings) }));
}

/** The settings, and what any process needs besides. */
export function withPath(settings: Settings): NodeJS.ProcessEnv {
  const { PATH, TMPDIR } = process.env;
  return { PATH, ...(TMPDIR && { TMPDIR }), ...settings };
}

/** Runs a program of `src` to its end, which must come by itself: one that stays is killed. */
export async function runProgram(file: File, settings: Settings, options?: ProgramOptions): Promise<Ended> {
  const { child, ended } = startProgram(file, settings, options);
  const deadline = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  return ended.finally(() => clearTimeout(deadline));
}

/** Starts the service on a port that the system chooses; resolves when it listens. */
export async function startService(settings: Settings): Promise<Service> {
  const program = startProgram('main.ts', { PORT: '0', ...settings });
  const line = await program.logged('Server listening at ');
  return {
    ...program,
    url: String(line['message']).replace('Server listening at ', ''),
    stop(signal = 'SIGTERM') {
      program.child.kill(signal);
      return program.ended;
    },
  };
}

/** Collects what a process writes, and kills it at the end of the test. */
export function watch(child: ChildProcess): Program {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...output }));
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });

  const log = () => parseLog(output.stdout.slice(0, output.stdout.lastIndexOf('\n') + 1));
  return {
    child,
    ended,
    output,
    log,
    async logged(text) {
      const found = () => log().find((line) => String(line['message']).includes(text));
      await until(`a line of the log that says "${text}"`, () => hasEnded || found() !== undefined);
      const line = found();
      if (line === undefined) throw new Error(`the process ended without it: ${JSON.stringify(await ended)}`);
      return line;
    },
  };
}

/** Each line of a log as the object that it must be. */
export function parseLog(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const parsed: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
      if (!isLogLine(parsed)) throw new Error(`not a JSON object: ${line}`);
      return parsed;
    });
}

function isLogLine(value: unknown): value is LogLine {
  return typeof value === 'object' && value !== null;
}

/** Resolves as soon as `holds` does; fails, saying what was waited for, when that takes longer than `patience` (ms). */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience = PATIENCE,
): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error(`did not come within ${patience} ms: ${what}`);
    },
    { timeout: patience, interval: 20 },
  );
}
