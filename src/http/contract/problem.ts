/** Errors as problem documents (RFC 9457), whichever layer they come from. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { CarError } from '../../cars/car-error.ts';
import type { RequestRecord } from '../../observability/request-record.ts';
import { acceptedTypes, acceptedTypesHeader } from './media-types.ts';
import { CAR_ERROR_DETAILS, FRAMEWORK_ERRORS, PROBLEM_TYPES, type ProblemCode } from './problem-texts.ts';

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
  /** Members that only this type of problem has (RFC 9457, section 3.2). */
  readonly members: Readonly<Record<string, unknown>>;

  /** @param detail one sentence about this occurrence. Clients see it, so it holds nothing internal. */
  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      errors?: readonly Fault[];
      headers?: Headers;
      members?: Readonly<Record<string, unknown>>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
    this.members = more.members ?? {};
  }

  get status(): number {
    return PROBLEM_TYPES[this.code].status;
  }
}

/** Characters of a name from a body or a query that a problem quotes. */
const QUOTED = 100;

/** Cuts a name, so that a large request does not get a larger answer. */
export function cutName(name: string): string {
  return name.length > QUOTED ? `${name.slice(0, QUOTED)}…` : name;
}

/** Seconds after which a client may retry. */
export const RETRY_AFTER: Headers = { 'retry-after': '1' };

/** The 415 for a Content-Type, which says what the route accepts instead (RFC 9110, section 15.5.16). */
export function unsupportedType(request: FastifyRequest, fault: string, cause?: unknown): Problem {
  const { method, routeOptions } = request;
  const detail = `${fault} Send Content-Type: ${acceptedTypes(routeOptions.schema).join(' or ')}.`;
  const headers = acceptedTypesHeader(method, routeOptions.schema);
  return new Problem('unsupported-media-type', detail, { headers, cause });
}

/** Converts an error of any layer. An unknown one becomes `internal`, which reveals nothing. */
function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CarError) {
    const { detail, retry } = CAR_ERROR_DETAILS[error.code];
    // The key makes a retry safe. Other methods ignore it.
    const isRepeatable = request.method === 'POST' && request.headers['idempotency-key'] !== undefined;
    const mayRetry = retry === 'always' || (retry === 'with-key' && isRepeatable);
    return new Problem(error.code, detail, { cause: error, ...(mayRetry && { headers: RETRY_AFTER }) });
  }
  return (
    frameworkProblem(error, request) ??
    new Problem('internal', 'An internal error occurred. The log has it under this request id.', {
      cause: error,
    })
  );
}

function frameworkProblem(error: unknown, request: FastifyRequest): Problem | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // The client hung up. Nobody reads the response, but the log must not show an internal error.
  if (code === 'ECONNRESET' && error instanceof Error && error.message === 'aborted')
    return new Problem('bad-request', 'The body ended early.', { cause: error });
  const known = FRAMEWORK_ERRORS[code];
  if (known === undefined) return undefined;
  const [problem, detail] = known;
  if (problem === 'unsupported-media-type') return unsupportedType(request, detail, error);
  if (problem === 'content-too-large') {
    const limit = request.routeOptions.bodyLimit / 1024;
    const size = limit < 1024 ? `${limit} KiB` : `${limit / 1024} MiB`;
    return new Problem(problem, `The body exceeds ${size}.`, { cause: error });
  }
  return new Problem(problem, detail, { cause: error });
}

/** The document. `instance` holds the request id, under which the log has the request. */
export function renderProblem(problem: Problem, requestId: string): string {
  const { status, title } = PROBLEM_TYPES[problem.code];
  return JSON.stringify({
    type: `/docs/problems/${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance: `urn:cars-api:request:${encodeURIComponent(requestId)}`,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
    ...problem.members,
  });
}

/** Sends an error of any layer as a problem document, and notes it for the log. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error, request);
  noteProblem(request.record, problem);
  // Fastify closes the connection after every fault of a body. But Node discards the rest of a body, for at most
  // `LIMITS.request`, so a client that is still sending can read the response and use the connection again. While the
  // server stops, Node's response has the header, and keeps it.
  // If the client asked to close the connection, the response must have the header too (RFC 9112, section 9.6).
  const { raw } = reply;
  if (reply.hasHeader('connection') && raw.shouldKeepAlive && !raw.hasHeader('connection'))
    reply.removeHeader('connection');
  reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', ...problem.headers, 'content-type': 'application/problem+json' })
    // A Buffer, because Fastify adds a charset to a text, which this media type does not have.
    .send(Buffer.from(renderProblem(problem, request.id)));
}

/** Notes what only the log shows: which problem it was, why we refused, or where we failed. */
function noteProblem(record: RequestRecord, problem: Problem): void {
  record.problem = problem.code;
  if (problem.status >= 500) record.reason = reasonOf(problem);
  if (problem.code === 'internal' && problem.cause instanceof Error) record.stack = problem.cause.stack;
}

/** The innermost message, which is the driver's. */
export function reasonOf(error: Error): string {
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return 'cause' in error && error.cause !== undefined ? String(error.cause) : error.message;
}
