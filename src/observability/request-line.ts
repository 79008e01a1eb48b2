/** Writes one log line for each request. */

import { symbols } from 'pino';
import { embeddedMetrics } from './embedded-metrics.ts';
import { type Log, timestamp } from './log.ts';
import type { RequestRecord } from './request-record.ts';

/** `warn`: the service refused the request or cut the connection. `error`: an internal error. */
type Level = 'info' | 'warn' | 'error';

/**
 * Returns the function that writes the lines. It builds the JSON itself: pino would spend a tenth
 * of a request's CPU on it. `method` and `route` come from closed sets, so they need no escaping.
 * @param withMetrics whether lines of requests about cars also carry CloudWatch's embedded metrics.
 */
export function createRequestLog(log: Log, withMetrics: boolean): (record: RequestRecord) => void {
  const isWritten: Readonly<Record<Level, boolean>> = {
    info: log.isLevelEnabled('info'),
    warn: log.isLevelEnabled('warn'),
    error: log.isLevelEnabled('error'),
  };
  if (!isWritten.error) return () => {};
  // Documented by pino for direct writes to its destination, but missing in its types.
  const destination = (log as unknown as Record<symbol, { write(line: string): void }>)[symbols.streamSym];
  if (destination === undefined) throw new Error('the log has no destination stream');
  return (record) => {
    const level = levelOf(record);
    if (!isWritten[level]) return;
    const { method, route, traceId, caller } = record;
    destination.write(
      `{"level":"${level}"${timestamp()},"requestId":${quotedId(record.requestId)}${
        traceId === undefined ? '' : `,"traceId":"${traceId}"`
      },"method":${quoted(method)},"route":${quoted(route)},"status":${record.status}${
        caller === '' ? '' : `,"caller":${JSON.stringify(caller)}`
      },"latency":${thousandths(record.milliseconds)},"waited":${thousandths(record.waited)},"worked":${thousandths(record.worked)},"rows":${record.rows},"bytes":${record.bytes}${withMetrics && record.isCall ? embeddedMetrics(record) : ''}${
        record.status >= 200 && record.status < 400 && !record.isAborted ? '' : troubles(record)
      },"message":"request"}\n`,
    );
  };
}

/** `000` to `999`. */
const DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));

/** Formats milliseconds with three decimals, like `toFixed(3)` but five times as fast. */
function thousandths(milliseconds: number): string {
  const all = Math.round(milliseconds * 1000);
  const whole = Math.floor(all / 1000);
  return `${whole}.${DIGITS[all - whole * 1000]}`;
}

/** Returns the members that only a failed request has. */
function troubles({ shed, limited, problem, reason, stack, isAborted }: RequestRecord): string {
  const members = { shed, limited, problem, reason, stack, aborted: isAborted || undefined };
  const text = JSON.stringify(members);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
}

function levelOf({ status, shed, limited }: RequestRecord): Level {
  if (status === 500) return 'error';
  return status > 500 || status === 0 || shed !== undefined || limited !== undefined ? 'warn' : 'info';
}

/** An id is visible ASCII, so only quotes and backslashes need escaping. */
function quotedId(id: string): string {
  return id.includes('"') || id.includes('\\') ? JSON.stringify(id) : `"${id}"`;
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'null' : `"${text}"`;
}
