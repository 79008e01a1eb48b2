/** The service's log: one JSON object per line on stdout, or readable lines on a terminal. */

import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { droppedLines } from './channels.ts';
import { createLineBuffer } from './line-buffer.ts';
import { showControls } from './safe-text.ts';

export type Log = Logger;

/** Loaded only on a terminal. */
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).prettyFactory : undefined;

let cachedAt = 0;
let cached = '';

/** The member `time` of a line, formatted once per millisecond. */
export function timestamp(): string {
  const now = Date.now();
  if (now !== cachedAt) {
    cachedAt = now;
    cached = `,"time":"${new Date(now).toISOString()}"`;
  }
  return cached;
}

/** Writes levels by name, and times in ISO 8601, UTC. */
export function createLog(level: LogLevel): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const stdout = openStdout();
  const buffer = createLineBuffer(
    (bytes) => writeSync(stdout, bytes),
    (count) => droppedLines.publish(count),
    (count) => log.warn({ lines: count }, 'log lines were lost, because stdout did not take them'),
  );
  process.once('exit', buffer.finish);
  const format = pretty?.({ messageKey: 'message', translateTime: 'SYS:HH:MM:ss.l' });
  const log = pino(
    options,
    format ? { ...buffer, write: (line: string) => buffer.write(format(showControls(line))) } : buffer,
  );
  return log;
}

/**
 * Returns a descriptor of stdout whose writes do not block. A pipe or terminal is opened again,
 * because other processes share the descriptor 1 and its flags. Where that is impossible, a pipe
 * does not block either: Node has set its flags when `process.stdout` was first used.
 */
function openStdout(): number {
  if (!process.stdout.isTTY && !fstatSync(1).isFIFO()) return 1;
  try {
    return openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
}
