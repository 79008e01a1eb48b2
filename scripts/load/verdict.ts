/** What an answer means for its row, and for the run. */

import type { Answer } from './post-car.ts';

export type Verdict =
  | { readonly kind: 'created' | 'already-there' }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Not now: the same request may succeed later. */
  | { readonly kind: 'again'; readonly reason: string; readonly afterMs?: number }
  /** No row would fare better: the fault is in how the service is called. */
  | { readonly kind: 'hopeless'; readonly reason: string };

const ABOUT_THE_CALL = [401, 403, 404, 405, 406, 410, 415, 421, 426];
const ABOUT_THE_MOMENT = [408, 409, 425, 429];

/** Judges an answer to a POST that carried an Idempotency-Key, which makes repeating any of them safe. */
export function judgeAnswer({ status, headers, body }: Answer): Verdict {
  if (status === 201) {
    return { kind: headers['idempotency-replayed'] === 'true' ? 'already-there' : 'created' };
  }
  const reason = explain(status, body);
  if (status >= 500 || ABOUT_THE_MOMENT.includes(status)) {
    const afterMs = parseRetryAfter(headers['retry-after'], Date.now());
    return { kind: 'again', reason, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  if (status < 400 || ABOUT_THE_CALL.includes(status)) {
    const suspect = status === 401 || status === 403 ? 'CARS_API_KEY' : '--url';
    return { kind: 'hopeless', reason: `${reason}; is ${suspect} right?` };
  }
  return { kind: 'rejected', reason };
}

/** Judges a connection that failed. */
export function judgeFailure(error: unknown): Verdict {
  if (!(error instanceof Error)) return { kind: 'again', reason: String(error) };
  // A name with several addresses fails with an AggregateError, whose message is empty.
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return { kind: 'again', reason: first instanceof Error ? first.message : error.name };
}

/** Milliseconds from `now` (RFC 9110, section 10.2.3: seconds or a date); undefined when absent or not readable. */
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
