/** The service's log: one JSON object a line on stdout; on a terminal, lines for people. */

import { type Logger, pino } from 'pino';
import type { LogLevel } from '../config.ts';

export type Log = Logger;

/** Loaded only where somebody reads it. */
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : undefined;

/** Levels by name, times in ISO 8601 and UTC. */
export function createLog(level: LogLevel): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(
    options,
    pretty?.({ sync: true, messageKey: 'message', translateTime: 'SYS:HH:MM:ss.l' }) ??
      pino.destination({ fd: 1, sync: true }),
  );
}
