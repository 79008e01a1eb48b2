/** Decides from an answer whether its row is done, is retried, or ends the run. */

import type { Answer } from './post-car.ts';

export type Verdict =
  | { readonly kind: 'created' | 'already-there' }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The same request may succeed later. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Every row would fail: the URL or the key is wrong. */
  | { readonly kind: 'abort'; readonly reason: string };

const ABORT_STATUSES = [401, 403, 404, 405, 406, 410, 415, 421, 426];
const RETRY_STATUSES = [408, 409, 425, 429];

/** Judges an answer to a POST. Any POST can be retried, because it carries an Idempotency-Key. */
export function judgeAnswer({ status, headers, body }: Answer): Verdict {
  if (status === 201) {
    return { kind: headers['idempotency-replayed'] === 'true' ? 'already-there' : 'created' };
  }
  const reason = explain(status, body);
  if (status >= 500 || RETRY_STATUSES.includes(status)) {
    const afterMs = parseRetryAfter(headers['retry-after'], Date.now());
    return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  if (status < 400 || ABORT_STATUSES.includes(status)) {
    const suspect = status === 401 || status === 403 ? 'CARS_API_KEY' : '--url';
    return { kind: 'abort', reason: `${reason}; check ${suspect}` };
  }
  return { kind: 'rejected', reason };
}

/** Judges a failed connection. */
export function judgeFailure(error: unknown): Verdict {
  if (!(error instanceof Error)) return { kind: 'retry', reason: String(error) };
  // A name with several addresses fails with an AggregateError, whose message is empty.
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return { kind: 'retry', reason: first instanceof Error ? first.message : error.name };
}

/**
 * Returns milliseconds from `now` (RFC 9110, section 10.2.3: seconds or a date); undefined when
 * absent or invalid.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

interface Problem {
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly errors?: unknown;
}

function explain(status: number, body: string): string {
  const { title, detail, errors } = parseProblem(body);
  const faults = Array.isArray(errors) ? errors.map(explainFault).filter((fault) => fault !== '') : [];
  const texts = [detail, title].filter((text) => typeof text === 'string' && text !== '');
  return `${faults.length > 0 ? faults.join('; ') : (texts[0] ?? 'no explanation')} (${status})`;
}

function explainFault(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return '';
  const { pointer, detail } = fault as { readonly pointer?: unknown; readonly detail?: unknown };
  if (typeof detail !== 'string') return '';
  return typeof pointer === 'string' && pointer !== '' ? `${pointer.slice(1)}: ${detail}` : detail;
}

function parseProblem(body: string): Problem {
  try {
    const problem: unknown = JSON.parse(body);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}
