/** Runs the service and its commands, each in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

export type Settings = Readonly<Record<string, string>>;

/** The result of a process, and its whole output. */
export interface Ended {
  /** Null after a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  /** Resolves when the process has exited and its output was read. */
  readonly ended: Promise<Ended>;
  /** The output so far. */
  readonly output: { stdout: string; stderr: string };
  /** Returns the log lines so far. Throws when one is not JSON. */
  log(): LogLine[];
  /** Resolves with the first log line whose message contains this text. */
  logged(text: string): Promise<LogLine>;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface Service extends Program {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Milliseconds for a step that takes a few seconds at most on an idle machine. */
export const STEP_TIMEOUT = 60_000;

const SOURCE = join(import.meta.dirname, '../../src');

type File =
  | 'main.ts'
  | 'commands/migrate.ts'
  | 'commands/inspect.ts'
  | 'commands/keys.ts'
  | 'commands/audit.ts'
  | 'commands/backup.ts'
  | 'commands/restore.ts';

interface ProgramOptions {
  /** The folder `src` of another release. */
  readonly source?: string;
  /** Command-line arguments. */
  readonly args?: readonly string[];
}

/** Starts a program of `src` with only these settings. Kills it after the test if it still runs. */
export function startProgram(file: File, settings: Settings, options: ProgramOptions = {}): Program {
  const { source = SOURCE, args = [] } = options;
  return watch(spawn(process.execPath, [join(source, file), ...args], { env: withPath(settings) }));
}

/** Adds to the settings what every process needs. */
export function withPath(settings: Settings): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(TMPDIR && { TMPDIR }), ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...settings };
}

/** Runs a program of `src` until it exits. Kills it after a time limit. */
export async function runProgram(file: File, settings: Settings, options?: ProgramOptions): Promise<Ended> {
  const { child, ended } = startProgram(file, settings, options);
  const deadline = setTimeout(() => child.kill('SIGKILL'), STEP_TIMEOUT);
  return ended.finally(() => clearTimeout(deadline));
}

/** Starts the service on a free port; resolves when it listens. */
export function startService(settings: Settings): Promise<Service> {
  return listening(startProgram('main.ts', { PORT: '0', ...settings }));
}

/**
 * The service without its control of overload, for tests of something else: on a busy machine the
 * control refuses requests, as it should.
 */
export function startServiceThatAdmitsAll(settings: Settings): Promise<Service> {
  const file = join(import.meta.dirname, 'serve-and-admit-all.ts');
  return listening(watch(spawn(process.execPath, [file], { env: withPath({ PORT: '0', ...settings }) })));
}

async function listening(program: Program): Promise<Service> {
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

/** Collects the output of a process, and kills it after the test. */
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
      await until(`a log line with "${text}"`, () => hasEnded || found() !== undefined);
      const line = found();
      if (line === undefined)
        throw new Error(`the process exited without it: ${JSON.stringify(await ended)}`);
      return line;
    },
  };
}

/** Parses the lines of a log. Throws when one is not a JSON object. */
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

/**
 * Resolves as soon as `holds` returns true. Fails after `timeout` milliseconds, with `what` in the
 * message.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeout = STEP_TIMEOUT,
): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error(`did not happen within ${timeout} ms: ${what}`);
    },
    { timeout, interval: 20 },
  );
}
