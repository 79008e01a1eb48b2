/** Errors of the API, which are problem documents (RFC 9457). */

export interface Fault {
  /** A member of the body, such as `/year`. */
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

export interface Problem {
  /** `/docs/problems/NAME`, which is also a page that explains it. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly Fault[];
}

/** A response that is no success. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter: number | undefined) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** The last part of the type, by which to decide. */
  get code(): string {
    return this.problem.type.slice(this.problem.type.lastIndexOf('/') + 1);
  }
}

/** The request got no response: the network or the service is unavailable. */
export class UnreachableError extends Error {}

/** A car has no ETag, so a change could overwrite somebody else's. A proxy may have removed it. */
export class MissingEtagError extends Error {}

export function isProblem(error: unknown, code: string): error is ProblemError {
  return error instanceof ProblemError && error.code === code;
}

/** Whether the service may have done what was asked, although there is an error. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return true;
  return error.problem.status >= 500 && !['unavailable', 'storage-full'].includes(error.code);
}

/** Whether a request was given up on purpose. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
