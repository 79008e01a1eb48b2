/**
 * Parses the header field `traceparent`, which names a request's trace
 * (https://www.w3.org/TR/trace-context/).
 */

export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** Later versions than 00 may append members (section 3.2.4). */
const PATTERN = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Returns undefined when the field is missing or invalid; the service then starts a new trace. */
export function parseTraceParent(field: string | string[] | undefined): TraceParent | undefined {
  if (typeof field !== 'string') return undefined;
  const [, version, traceId, spanId, flags, more] = PATTERN.exec(field) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}
