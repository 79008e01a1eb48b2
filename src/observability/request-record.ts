/**
 * The record of one request: created when its head arrives, completed by each part, published when
 * it is answered.
 */

import { channel } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';
import type { Usage } from '../cars/request-context.ts';
import { parseTraceParent, type TraceParent } from './trace-parent.ts';

export interface RequestRecord extends Usage {
  readonly requestId: string;
  /** Undefined when no request could be parsed. */
  readonly method: string | undefined;
  /** The route's pattern, not the path: `/cars/:id`. Undefined when no route matched. */
  readonly route: string | undefined;
  /** Whether the request is about cars, not a health check or a documentation page. */
  readonly isCall: boolean;
  /** On the clock of `performance.now()`. */
  readonly begun: number;
  /** Milliseconds until its credential was known, if that had to be looked up or verified first. */
  authenticated: number;
  /** The client's span, from `traceparent`. */
  readonly parent: TraceParent | undefined;
  /** The field `tracestate`, which belongs to `parent`. */
  readonly traceState: string | undefined;
  traceId: string | undefined;
  /** The client's name; empty without authentication. */
  caller: string;
  /** 0 when the connection was cut before an answer. */
  status: number;
  /** From the head of the request to its answer. */
  milliseconds: number;
  /** The size of the answer's body. */
  bytes: number;
  /** Which rate limit the client exceeded. */
  limited: string | undefined;
  /** The code of the problem in the answer. */
  problem: string | undefined;
  /** What caused a refusal or an internal error. */
  reason: string | undefined;
  stack: string | undefined;
  /** The client closed the connection before the answer. */
  isAborted: boolean;
}

export type RequestHead = Pick<RequestRecord, 'requestId' | 'method' | 'route' | 'isCall'>;

/** Publishes each record when the head of its request has arrived. */
export const requestBegan = channel('cars-api:request-began');

/** Publishes each record when the request was answered and logged. */
export const requestEnded = channel('cars-api:request-ended');

/** Subscribes to one of the two channels; returns the function that unsubscribes. */
export function subscribeToRequests(
  requests: typeof requestBegan,
  listen: (record: RequestRecord) => void,
): () => void {
  const listener = (message: unknown) => listen(message as RequestRecord);
  requests.subscribe(listener);
  return () => void requests.unsubscribe(listener);
}

export function beginRequest(
  { requestId, method, route, isCall }: RequestHead,
  headers: IncomingHttpHeaders,
): RequestRecord {
  const parent = parseTraceParent(headers['traceparent']);
  const begun = performance.now();
  const record: RequestRecord = {
    requestId,
    method,
    route,
    isCall,
    begun,
    since: begun,
    authenticated: 0,
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

/** Completes the record and publishes it. */
export function endRequest(record: RequestRecord, status: number, bytes: number): void {
  record.status = status;
  record.bytes = bytes;
  record.milliseconds = performance.now() - record.begun;
  if (requestEnded.hasSubscribers) requestEnded.publish(record);
}
