/** A log whose lines a test reads, written by the same code as in production. */

import { pino } from 'pino';
import type { Log } from '../../src/observability/log.ts';
import { type LogLine, parseLog } from '../process/start-service.ts';

export interface CollectedLog {
  readonly log: Log;
  /** Every line so far; throws when one is no line of JSON. */
  lines(): LogLine[];
  /** The text of all lines. */
  text(): string;
  clear(): void;
}

export function collectLog(): CollectedLog {
  let written = '';
  const stream = {
    write(line: string) {
      written += line;
    },
  };
  const options = { messageKey: 'message', formatters: { level: (level: string) => ({ level }) } };
  return {
    log: pino(options, stream),
    lines: () => parseLog(written),
    text: () => written,
    clear() {
      written = '';
    },
  };
}
