/** The errors that the client throws. */

import type { components } from './openapi.ts';

/** A problem document (RFC 9457). */
export type Problem = components['schemas']['Problem'];

type Car = components['schemas']['Car'];

/** A car with its version. Send `etag` as `ifMatch` to change only what you have read. */
export type StoredCar = Car & { readonly etag: string };

/** The service answered with an error. Decide by `code`, which never changes for an error. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;
  readonly status: number;
  /** The last segment of the problem's type, such as `car-not-found`. */
  readonly code: string;
  /** Quote it when you report a problem. */
  readonly requestId: string | undefined;
  /** Seconds to wait before a retry; undefined if a retry is not safe or does not help. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, response: Response) {
    super(`${problem.detail} (${response.status})`);
    this.problem = problem;
    this.status = response.status;
    this.code = problem.type.slice(problem.type.lastIndexOf('/') + 1);
    this.requestId = response.headers.get('x-request-id') ?? undefined;
    const wait = waitOf(response);
    this.retryAfter = wait === undefined ? undefined : wait / 1000;
  }
}

/** The car was changed since you read it, so nothing was applied. */
export class ConflictError extends ProblemError {
  override name = 'ConflictError';
  /** The car as it is now; undefined if it was deleted, or if the key cannot read cars. */
  readonly current: StoredCar | undefined;

  constructor(problem: Problem, response: Response, current: StoredCar | undefined) {
    super(problem, response);
    this.current = current;
  }
}

/**
 * There was no complete answer. The request may have been applied, unless it only reads. `cause` has the
 * reason.
 */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
}

/** Makes an error from an answer that is not a success, also if a proxy wrote it. */
export function toProblemError(body: unknown, response: Response): ProblemError {
  return new ProblemError(isProblem(body) ? body : describe(response), response);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string';
}

function describe({ status, statusText }: Response): Problem {
  const title = statusText || `HTTP status ${status}`;
  return { type: 'about:blank', title, status, detail: title, instance: '' };
}

/**
 * Returns how many milliseconds the answer asks to wait: RFC 9110, section 10.2.3, seconds or a date.
 * Undefined if it does not ask.
 */
export function waitOf({ headers }: Response): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
