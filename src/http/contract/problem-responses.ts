/** Documents the problems of each operation as shared responses of the OpenAPI document, with examples; and the rate limit. */

import type { FastifySchema } from 'fastify';
import type { CarErrorCode } from '../../cars/car-error.ts';
import { type Fault, Problem, renderProblem } from './problem.ts';
import { CAR_ERROR_DETAILS, PROBLEM_TYPES, type ProblemCode } from './problem-texts.ts';

/** The problems that every operation may return. */
const EVERYWHERE: readonly ProblemCode[] = [
  ...(['bad-request', 'invalid-parameter', 'request-timeout', 'uri-too-long'] as const),
  ...(['expectation-failed', 'misdirected-request', 'header-fields-too-large', 'internal'] as const),
];

/** The problems of an operation that reads a body. */
export const BODY_PROBLEMS = ['content-too-large', 'unsupported-media-type', 'invalid-car'] as const;

/** The problems of an operation that changes the database. */
export const WRITE_PROBLEMS = ['unavailable', 'outcome-unknown', 'storage-full'] as const;

/** What a route's schema says of its problems: its own, and those of every route. */
export function problems(...own: ProblemCode[]): Pick<FastifySchema, 'x-problems'> {
  return { 'x-problems': [...EVERYWHERE, ...own] };
}

/** The parts of an operation and of the document that depend on problems and on the configuration. */
export interface Operation {
  'x-problems'?: readonly ProblemCode[];
  security?: readonly object[];
  readonly responses: Record<string, { headers?: Record<string, unknown> }>;
}

export interface OpenapiDocument {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components?: Partial<Record<'headers' | 'responses' | 'securitySchemes', Record<string, object>>>;
}

/** Replaces `x-problems` of each operation by shared responses, and adds the header fields of the rate limit. */
export function addProblemResponses(collected: object): OpenapiDocument {
  const document: OpenapiDocument = collected;
  const shared: Record<string, object> = {};
  for (const operation of Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))) {
    const { 'x-problems': codes = [] } = operation;
    delete operation['x-problems'];
    for (const [status, sameStatus] of Map.groupBy(new Set(codes), (code) => PROBLEM_TYPES[code].status)) {
      const name = sameStatus.map(toPascalCase).join('Or');
      shared[name] ??= describe(status, sameStatus);
      Object.assign(operation.responses, { [status]: { $ref: `#/components/responses/${name}` } });
    }
    if (codes.includes('too-many-requests')) addLimitHeaders(operation);
  }
  document.components = {
    ...document.components,
    responses: shared,
    headers: describeHeaders(LIMIT_HEADERS),
  };
  return document;
}

/** Every successful response has them, if a limit applies. */
function addLimitHeaders({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) < 400) response.headers = { ...response.headers, ...LIMIT_REFERENCES };
  }
}

/** The name of a problem's response if no other problem shares its status in an operation. */
export function toPascalCase(code: ProblemCode): string {
  return code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function describe(status: number, codes: readonly ProblemCode[]): object {
  const headers = HEADERS[status];
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]));
  return {
    description: `${codes.map((code) => PROBLEM_TYPES[code].title).join('; ')}.`,
    ...(headers && { headers }),
    content: {
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples },
    },
  };
}

function describeHeaders(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}

function exampleOf(code: ProblemCode): unknown {
  const [detail, errors] =
    code in CAR_ERROR_DETAILS
      ? [CAR_ERROR_DETAILS[code as CarErrorCode].detail]
      : DETAILS[code as keyof typeof DETAILS];
  return JSON.parse(renderProblem(new Problem(code, detail, { errors: errors ?? [] }), REQUEST_ID));
}

const REQUEST_ID = 'e9eadb3c-8656-4fae-8a2c-5594c7cccc3a';

/** The details of the examples. Those of the domain's errors are {@link CAR_ERROR_DETAILS}. */
const DETAILS: Readonly<Record<Exclude<ProblemCode, CarErrorCode>, readonly [string, Fault[]?]>> = {
  'bad-request': ['The body is not valid JSON in UTF-8.'],
  'invalid-parameter': ['limit must be <= 1000.', [{ parameter: 'limit', detail: 'must be <= 1000' }]],
  'invalid-cursor': [
    'The cursor was altered, or belongs to another filter or sort.',
    [{ parameter: 'cursor', detail: 'must be copied unchanged from a Link header of the same list' }],
  ],
  unauthenticated: ['The request has no credential.'],
  forbidden: ['The credential lacks the scope cars:write.'],
  'not-found': ['No resource has this path.'],
  'method-not-allowed': ['This path supports GET, HEAD, OPTIONS, POST.'],
  'not-acceptable': ['This path returns application/json only.'],
  'request-timeout': ['The request took too long to arrive.'],
  'content-too-large': ['The body exceeds 64 KiB.'],
  'uri-too-long': ['The URL is longer than 8192 bytes.'],
  'unsupported-media-type': ['Content-Type is missing. Send Content-Type: application/json.'],
  'expectation-failed': ['The only supported expectation is 100-continue.'],
  'misdirected-request': ['The Host header must name this machine, for example localhost.'],
  'invalid-car': ['/year must be integer.', [{ pointer: '/year', detail: 'must be integer' }]],
  'invalid-batch': ['The CSV header lacks the column year.'],
  'rows-rejected': ['Row 7 was rejected: /year must be integer. No car was created.'],
  'too-many-requests': ['The limit is 600 reads a minute.'],
  'header-fields-too-large': ['The header fields are too large.'],
  internal: ['An internal error occurred. The log has it under this request id.'],
};

const CHALLENGE = describeHeaders({
  'www-authenticate': 'RFC 6750: the required credential, and what was wrong with the given one.',
});

const RETRY = describeHeaders({
  'retry-after': 'Seconds after which to retry; absent if a retry is not safe.',
});

/** Header fields of the rate limits. */
export const LIMIT_HEADERS = {
  'ratelimit-policy': 'The limits: `q` requests, or rows of batches, in `w` seconds.',
  ratelimit:
    'What is left of them: `r` requests or rows in the next `t` seconds. Sent with every response if a limit applies.',
} as const;

const LIMIT_REFERENCES = Object.fromEntries(
  Object.keys(LIMIT_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

/** Header fields of problems, by status. */
const HEADERS: Readonly<Record<number, object>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  409: RETRY,
  415: describeHeaders({
    'accept-post': 'The media types that a POST accepts.',
    'accept-patch': 'The media types that a PATCH accepts.',
    accept: 'The media types that another method accepts.',
    'accept-encoding': '`identity` if the body was compressed, which is not supported.',
  }),
  429: {
    ...describeHeaders({ 'retry-after': 'Seconds until the next request is allowed.' }),
    ...LIMIT_REFERENCES,
  },
  503: RETRY,
};

declare module 'fastify' {
  interface FastifySchema {
    /** The problems that the route may return, for the OpenAPI document. */
    'x-problems'?: readonly ProblemCode[];
  }
}
