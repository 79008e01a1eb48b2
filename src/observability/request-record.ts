/** What is known of one request: begun with its head, filled in by whoever learns something, told when it was answered. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Usage } from '../cars/request-context.ts';
import { requestBegan, requestEnded } from './channels.ts';
import { parseTraceParent, type TraceParent } from './trace-parent.ts';

export interface RequestRecord extends Usage {
  readonly requestId: string;
  /** Absent where no request could be read. */
  readonly method: string | undefined;
  /** The pattern of the path, not the path: `/cars/:id`; absent where no route took the request. */
  readonly route: string | undefined;
  /** Whether it is a call on cars, and no health check or page. */
  readonly isCall: boolean;
  /** On the clock of `performance.now()`. */
  readonly begun: number;
  /** The caller's span, and what the caller's tracing system says to the next. */
  readonly parent: TraceParent | undefined;
  readonly traceState: string | undefined;
  traceId: string | undefined;
  caller: string;
  /** 0 when the connection was cut without an answer. */
  status: number;
  /** From the head of the request to its answer. */
  milliseconds: number;
  /** Of the answer's body. */
  bytes: number;
  /** Which budget the caller had used up, if one was. */
  limited: string | undefined;
  /** The code of the problem that was answered, and for a refusal or a fault what caused it. */
  problem: string | undefined;
  reason: string | undefined;
  stack: string | undefined;
  /** The caller hung up before the answer. */
  isAborted: boolean;
}

export type RequestHead = Pick<RequestRecord, 'requestId' | 'method' | 'route' | 'isCall'>;

export function beginRequest(
  { requestId, method, route, isCall }: RequestHead,
  headers: IncomingHttpHeaders,
): RequestRecord {
  const parent = parseTraceParent(headers['traceparent']);
  const record: RequestRecord = {
    requestId,
    method,
    route,
    isCall,
    begun: performance.now(),
    parent,
    traceState: parent && [headers['tracestate'] ?? []].flat().join(','),
    traceId: parent?.traceId,
    caller: '',
    status: 0,
    milliseconds: 0,
    bytes: 0,
    waited: 0,
    worked: 0,
    rows: 0,
    shed: undefined,
    limited: undefined,
    problem: undefined,
    reason: undefined,
    stack: undefined,
    isAborted: false,
  };
  if (requestBegan.hasSubscribers) requestBegan.publish(record);
  return record;
}

/** Takes the time and tells those who watch. */
export function endRequest(record: RequestRecord, status: number, bytes: number): void {
  record.status = status;
  record.bytes = bytes;
  record.milliseconds = performance.now() - record.begun;
  if (requestEnded.hasSubscribers) requestEnded.publish(record);
}
