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

/** The line of a request that a busy machine refused, and that was asked again. */
const REFUSAL = /"shed":"(?:read|write|list|turn)"/;

/** @param withRefusals for tests about that refusal itself. */
export function collectLog({ withRefusals = false } = {}): CollectedLog {
  let written = '';
  const stream = {
    write(line: string) {
      if (withRefusals || !REFUSAL.test(line)) written += line;
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
