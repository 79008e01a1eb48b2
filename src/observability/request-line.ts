/** The log's one line for each request. */

import { symbols } from 'pino';
import { embeddedMetrics } from './embedded-metrics.ts';
import { type Log, timestamp } from './log.ts';
import type { RequestRecord } from './request-record.ts';

/** `warn`: we refused, or cut the connection. `error`: a fault of ours. */
type Level = 'info' | 'warn' | 'error';

/**
 * Returns what writes the lines. Written by hand, because this is the only line of good times: a logger that takes any
 * object spends a tenth of a request's CPU on it. `method` and `route` come from closed sets, so they are not escaped.
 * @param withMetrics whether the lines of calls on cars are documents of CloudWatch's embedded metric format too.
 */
export function createRequestLog(log: Log, withMetrics: boolean): (record: RequestRecord) => void {
  const isWritten: Readonly<Record<Level, boolean>> = {
    info: log.isLevelEnabled('info'),
    warn: log.isLevelEnabled('warn'),
    error: log.isLevelEnabled('error'),
  };
  if (!isWritten.error) return () => {};
  // What pino documents for those who write to its destination themselves; its types leave it out.
  const destination = (log as unknown as Record<symbol, { write(line: string): void }>)[symbols.streamSym];
  if (destination === undefined) throw new Error('the log has no destination');
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

/** A number of milliseconds with three decimals, as `toFixed(3)` writes it at five times the cost. */
function thousandths(milliseconds: number): string {
  const all = Math.round(milliseconds * 1000);
  const whole = Math.floor(all / 1000);
  return `${whole}.${DIGITS[all - whole * 1000]}`;
}

/** What only a request that did not go well has. */
function troubles({ shed, limited, problem, reason, stack, isAborted }: RequestRecord): string {
  const members = { shed, limited, problem, reason, stack, aborted: isAborted || undefined };
  const text = JSON.stringify(members);
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
}

function levelOf({ status, shed, limited }: RequestRecord): Level {
  if (status === 500) return 'error';
  return status > 500 || status === 0 || shed !== undefined || limited !== undefined ? 'warn' : 'info';
}

/** An id is visible ASCII, so nothing else has to be escaped. */
function quotedId(id: string): string {
  return id.includes('"') || id.includes('\\') ? JSON.stringify(id) : `"${id}"`;
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'null' : `"${text}"`;
}
