/** The header field `traceparent`: which trace a request belongs to (https://www.w3.org/TR/trace-context/). */

export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** Later versions may add members, which version 00 has not (section 3.2.4). */
const PATTERN = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Undefined where the field is missing or not as the standard says: then the trace begins here. */
export function parseTraceParent(field: string | string[] | undefined): TraceParent | undefined {
  if (typeof field !== 'string') return undefined;
  const [, version, traceId, spanId, flags, more] = PATTERN.exec(field) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}
