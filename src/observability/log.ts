/** The service's log: one JSON object a line on stdout; on a terminal, lines for people. */

import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config/config.ts';

export type Log = Logger;

/**
 * Lines are gathered and written together: a write costs more than the line, and at full load there would be one for
 * each request. A process that is killed loses what it logged within `maxDelay` milliseconds, never what it ended with.
 */
const BUFFER = { bytes: 8 * 1024, maxDelay: 100 } as const;

/** Loaded only where somebody reads it. */
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : undefined;

let moment = 0;
let written = '';

/** The member `time` of a line, written out once for all lines of a millisecond. */
export function timestamp(): string {
  const now = Date.now();
  if (now !== moment) {
    moment = now;
    written = `,"time":"${new Date(now).toISOString()}"`;
  }
  return written;
}

/** Levels by name, times in ISO 8601 and UTC. */
export function createLog(level: LogLevel): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (pretty)
    return pino(options, pretty({ sync: true, messageKey: 'message', translateTime: 'SYS:HH:MM:ss.l' }));
  const destination = pino.destination({
    fd: 1,
    sync: true,
    minLength: BUFFER.bytes,
    periodicFlush: BUFFER.maxDelay,
  });
  process.once('exit', () => destination.flushSync());
  return pino(options, destination);
}
