/** The service's log: one JSON object a line on stdout; on a terminal, lines for people. */

import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { createLineBuffer } from './line-buffer.ts';

export type Log = Logger;

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
  const destination = pino.destination({ fd: 1, sync: true });
  const buffer = createLineBuffer((lines) => destination.write(lines));
  process.once('exit', () => {
    buffer.flushSync();
    destination.flushSync();
  });
  return pino(options, buffer);
}
