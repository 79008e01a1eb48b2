/** The log's one line for each request. */

import { symbols } from 'pino';
import { type Log, timestamp } from './log.ts';

export interface RequestFacts {
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the path, not the path: `/cars/:id`; absent where no route took the request. */
  readonly route: string | undefined;
  readonly status: number;
  /** From the head of the request to its answer. */
  readonly milliseconds: number;
}

/**
 * Returns what writes the lines. Written by hand, because this is the only line of good times: a logger that takes any
 * object spends a tenth of a request's CPU on it. `method` and `route` come from closed sets, so only the id is escaped.
 */
export function createRequestLog(log: Log): (facts: RequestFacts) => void {
  if (!log.isLevelEnabled('info')) return () => {};
  // What pino documents for those who write to its destination themselves; its types leave it out.
  const destination = (log as unknown as Record<symbol, { write(line: string): void }>)[symbols.streamSym];
  if (destination === undefined) throw new Error('the log has no destination');
  return ({ requestId, method, route, status, milliseconds }) => {
    destination.write(
      `{"level":"info"${timestamp()},"requestId":${JSON.stringify(requestId)},"method":"${method}","route":${
        route === undefined ? null : `"${route}"`
      },"status":${status},"milliseconds":${milliseconds.toFixed(3)},"message":"request"}\n`,
    );
  };
}
