/** The service's log: one JSON object per line on stdout, or readable lines on a terminal. */

import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config/config.ts';
import { createLineBuffer } from './line-buffer.ts';

export type Log = Logger;

/** Loaded only on a terminal. */
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : undefined;

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
