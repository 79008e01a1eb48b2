/** Errors as problem documents (RFC 9457): what went wrong here, in the form that every layer answers. */

import { CarError, type CarErrorCode } from '../../cars/car-error.ts';
import { PROBLEM_TYPES, type ProblemCode } from './problem-types.ts';

/** One fault of a request: in its body (a JSON Pointer, RFC 6901) or in a parameter. */
export type Fault =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string };

type Headers = Readonly<Record<string, string>>;

export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: readonly Fault[];
  readonly headers: Headers;

  /** @param detail one sentence about this occurrence; it goes to the caller, so it holds nothing internal. */
  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly Fault[]; headers?: Headers; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return PROBLEM_TYPES[this.code].status;
  }
}

/** Seconds after which a caller may try again. */
export const RETRY_AFTER: Headers = { 'retry-after': '1' };

/** The answer to each of the domain's errors. Complete: the compiler misses none of the codes. */
const CAR_PROBLEMS = {
  'car-not-found': { detail: 'No car has this id.' },
  'version-mismatch': { detail: 'The car has another version than the request allows.' },
  'idempotency-key-reused': { detail: 'The Idempotency-Key was used before with another body.' },
  'idempotency-key-busy': {
    detail: 'Another request with this Idempotency-Key is under way.',
    headers: RETRY_AFTER,
  },
  unavailable: { detail: 'The database cannot be used now. Nothing was applied.', headers: RETRY_AFTER },
  'outcome-unknown': { detail: 'The connection to the database broke; the change may have been applied.' },
  'storage-full': { detail: 'The disk of the database is full. Nothing was applied.' },
} satisfies Record<CarErrorCode, { detail: string; headers?: Headers }>;

/**
 * The problem that an error of any layer amounts to. What is not known is `internal`, and tells the caller nothing.
 * @param repeatable whether the request carried an Idempotency-Key, which makes repeating it safe.
 */
export function toProblem(error: unknown, repeatable: boolean): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CarError) {
    const answer: { detail: string; headers?: Headers } = CAR_PROBLEMS[error.code];
    const headers = error.code === 'outcome-unknown' && repeatable ? RETRY_AFTER : answer.headers;
    return new Problem(error.code, answer.detail, { cause: error, ...(headers && { headers }) });
  }
  return (
    frameworkProblem(error) ??
    new Problem('internal', 'The service failed; it is logged under this id.', { cause: error })
  );
}

const FRAMEWORK_PROBLEMS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_BAD_URL: ['bad-request', 'The path is not valid percent-encoded UTF-8.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['content-too-large', 'The body has more than 64 KiB.'],
  FST_ERR_CTP_EMPTY_TYPE: ['unsupported-media-type', 'Content-Type is missing.'],
  FST_ERR_CTP_INVALID_TYPE: ['unsupported-media-type', 'This path does not read this Content-Type.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'This path does not read this Content-Type.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad-request', 'The body is not as long as Content-Length says.'],
};

function frameworkProblem(error: unknown): Problem | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // The caller hung up; nobody reads the answer, but the log must not tell of a fault of ours.
  if (code === 'ECONNRESET' && error instanceof Error && error.message === 'aborted')
    return new Problem('bad-request', 'The body ended early.', { cause: error });
  const known = FRAMEWORK_PROBLEMS[code];
  if (known === undefined) return undefined;
  return new Problem(...known, { cause: error });
}

/** The body of an answer. `instance` names the request by its id, under which the log has it. */
export function renderProblem(problem: Problem, requestId: string): string {
  const { status, title } = PROBLEM_TYPES[problem.code];
  return JSON.stringify({
    type: `/docs/problems/${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance: `urn:cars-api:request:${encodeURIComponent(requestId)}`,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
  });
}
