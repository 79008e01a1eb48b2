/** Nobody reads the log, or its reader is gone. The service answers all the same. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../tools/free-port.ts';
import { type LogLine, parseLog, until, watch, withPath } from './start-service.ts';
import { makeFolder } from './temporary-folder.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** Enough for the line of a request to be long. */
const LONG_ID = 'x'.repeat(100);

interface Pipe {
  /** Both of its ends, so that it never lacks a reader. */
  readonly descriptor: number;
  read(): string;
}

function makePipe(): Pipe {
  const path = join(makeFolder(), 'pipe');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const descriptor = openSync(path, 'r+');
  onTestFinished(() => closeSync(descriptor));
  const bytes = Buffer.alloc(64 * 1024);
  const read = () => {
    try {
      return bytes.toString('utf8', 0, readSync(descriptor, bytes));
    } catch {
      // Empty: the service has made the pipe non-blocking.
      return '';
    }
  };
  return { descriptor, read };
}

/** Starts the service with this as its stdout; resolves when it answers. */
async function startLoggingTo(
  stdout: number | 'pipe',
  command = [process.execPath, MAIN],
  settings: Readonly<Record<string, string>> = {},
) {
  const port = await findFreePort();
  const env = withPath({ PORT: String(port), DATABASE_URL: 'sqlite::memory:', TERM: 'xterm', ...settings });
  const [program = '', ...args] = command;
  const service = watch(spawn(program, args, { env, stdio: ['ignore', stdout, 'pipe'] }));
  const url = `http://127.0.0.1:${port}`;
  const ask = (path: string) => fetch(`${url}${path}`, { headers: { 'x-request-id': LONG_ID } });
  await until('an answer', () =>
    ask('/healthz').then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { ...service, ask };
}

/** Sends requests whose lines are logged. */
async function sendMany(ask: (path: string) => Promise<Response>, count: number): Promise<void> {
  let left = count;
  const client = async () => {
    while (left-- > 0) expect((await ask('/nothing')).status).toBe(404);
  };
  await Promise.all(Array.from({ length: 16 }, client));
}

function linesOf(text: string): LogLine[] {
  return parseLog(text.slice(0, text.lastIndexOf('\n') + 1));
}

// Proves: stalled-log
it('answers while nobody reads the log, counts lost lines, reports them, and obeys SIGTERM', async () => {
  const pipe = makePipe();
  const metricsPort = await findFreePort();
  const settings = { METRICS_PORT: String(metricsPort) };
  const service = await startLoggingTo(pipe.descriptor, undefined, settings);
  const countLost = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return Number(/^log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
  };
  expect(await countLost()).toBe(0);
  await sendMany(service.ask, 4000);
  const lost = await countLost();
  expect(lost).toBeGreaterThan(0);

  let text = '';
  await until('the report', () => {
    text += pipe.read();
    return text.includes('log lines were lost');
  });
  const lines = linesOf(text);
  expect(lines.at(-1)).toMatchObject({ level: 'warn', lines: lost });
  expect(lines.filter(({ route }) => route === null).length).toBe(4000 - lost);

  await sendMany(service.ask, 300);
  const begun = performance.now();
  service.child.kill('SIGTERM');
  expect(await service.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(performance.now() - begun).toBeLessThan(5000);
});

it('answers after the reader of its log and its errors is gone', async () => {
  const service = await startLoggingTo('pipe');
  service.child.stdout?.destroy();
  service.child.stderr?.destroy();
  await sendMany(service.ask, 100);
  service.child.kill('SIGTERM');
  const code = await new Promise((resolve) => service.child.once('exit', resolve));
  expect(code).toBe(0);
});

it('answers while its terminal is stopped, and obeys SIGTERM', async () => {
  const pipe = makePipe();
  // `script` stops reading from the terminal because nobody reads from `script`.
  const inner = `exec '${process.execPath}' '${MAIN}'`;
  const service = await startLoggingTo(pipe.descriptor, ['script', '-qec', inner, '/dev/null']);
  await sendMany(service.ask, 800);
  const pid = findChild(service.child);
  process.kill(pid, 'SIGTERM');
  await until('the end of the service', () => !isRunning(pid));
});

/** Returns the id of the process on the terminal of `script`. */
function findChild({ pid }: ChildProcess): number {
  return Number(spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }).stdout.trim());
}

function isRunning(pid: number): boolean {
  return (
    spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      .stdout.trim()
      .match(/^[^Z]/) !== null
  );
}
