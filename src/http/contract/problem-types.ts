/** Every kind of error that the service answers: its status, and the words of its page under `/docs/problems/`. */

export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** What happened, for the page. */
  readonly cause: string;
  /** What the caller can do, for the page. */
  readonly cure: string;
}

export const PROBLEM_TYPES = {
  'bad-request': {
    status: 400,
    title: 'The request is malformed',
    cause:
      'The request is not valid HTTP, its URL is not valid percent-encoded UTF-8, or its body is not valid JSON in UTF-8.',
    cure: 'Read the detail, and send the body as JSON encoded in UTF-8.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter is not allowed',
    cause:
      'A parameter of the path, the query or a header field is unknown, repeated, or has a value that is not allowed.',
    cure: 'Each entry of "errors" names a parameter and what it must be.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor is not one of ours',
    cause: 'The cursor was altered, cut short, or made for another filter or another sort.',
    cure: 'Start again at the first page, and follow the Link header field with its URL unchanged.',
  },
  unauthenticated: {
    status: 401,
    title: 'It is not known who calls',
    cause:
      'The request carries no API key or access token, or one that is wrong, has expired or was revoked.',
    cure: 'Send a valid one as "Authorization: Bearer …" (an API key also as "X-API-Key: …").',
  },
  forbidden: {
    status: 403,
    title: 'The caller may not do this',
    cause: 'The API key or access token is valid, but lacks the scope that this call needs.',
    cure: 'WWW-Authenticate names the scope. Ask the operator for a key or token that has it.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing at this path',
    cause: 'No route has this path.',
    cure: 'See /docs for the paths that exist. Paths are case-sensitive and do not end with a slash.',
  },
  'car-not-found': {
    status: 404,
    title: 'There is no such car',
    cause: 'No car has this id: there never was one, or it was deleted. An id is never given again.',
    cure: 'Find the car with GET /cars.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The path does not know this method',
    cause: 'The path exists, but not with this method.',
    cure: 'The header field Allow lists the methods of this path.',
  },
  'not-acceptable': {
    status: 406,
    title: 'The answer has no form that the caller accepts',
    cause: 'The header field Accept excludes the one media type that this path answers with.',
    cure: 'Leave Accept out, or accept the type that the detail names.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    cause: 'The header fields or the body were not sent in time.',
    cure: 'Send the request again; nothing was done.',
  },
  'idempotency-key-busy': {
    status: 409,
    title: 'A request with this Idempotency-Key is under way',
    cause: 'Another request with the same Idempotency-Key has not ended yet.',
    cure: 'Repeat the request, with the same key, after the time that Retry-After gives.',
  },
  'version-mismatch': {
    status: 412,
    title: 'The car was changed meanwhile',
    cause: 'If-Match or If-None-Match does not allow the version that the car has now.',
    cure: 'Get the car, decide again, and repeat with its new ETag.',
  },
  'content-too-large': {
    status: 413,
    title: 'The body is too large',
    cause: 'A body may have 64 KiB.',
    cure: 'Send one car a request.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The URL is too long',
    cause: 'Path and query may have 8 KiB together.',
    cure: 'Shorten the query.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has a media type that is not supported here',
    cause: 'Content-Type is missing or names another type than this path reads, or Content-Encoding is set.',
    cure: 'Send application/json (PATCH also reads application/merge-patch+json), not compressed.',
  },
  'expectation-failed': {
    status: 417,
    title: 'The expectation cannot be met',
    cause: 'The header field Expect names something other than 100-continue.',
    cure: 'Leave Expect out.',
  },
  'invalid-car': {
    status: 422,
    title: 'The body is not a car',
    cause: 'The body is well-formed JSON, but breaks a rule of a car.',
    cure: 'Each entry of "errors" points to a member and says what it must be.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used for another car',
    cause: 'The key was used within the last 24 hours with another body.',
    cure: 'Use a new key for each new car, and the same key only to repeat the same request.',
  },
  'too-many-requests': {
    status: 429,
    title: 'The caller has asked too much',
    cause: 'The requests of this caller, or from this address, have used up what is allowed in a minute.',
    cure: 'Repeat the request after the time that Retry-After gives. RateLimit tells beforehand how much is left.',
  },
  'header-fields-too-large': {
    status: 431,
    title: 'The header fields are too large',
    cause: 'Request line and header fields may have 16 KiB together.',
    cure: 'Send fewer or shorter header fields.',
  },
  internal: {
    status: 500,
    title: 'The service failed',
    cause: 'A fault in the service. It is logged under the id in "instance".',
    cure: 'Report the id. Whether a change was applied can be seen with GET.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot answer now',
    cause: 'The database is away, or the service is overloaded or about to stop. Nothing was applied.',
    cure: 'Repeat the request after the time that Retry-After gives.',
  },
  'outcome-unknown': {
    status: 503,
    title: 'It is not known whether the change was applied',
    cause: 'The connection to the database broke while the change was under way: it may have been applied.',
    cure: 'With an Idempotency-Key, repeat the request with the same key. Without one, look with GET before you repeat.',
  },
  'storage-full': {
    status: 507,
    title: 'The disk of the database is full',
    cause: 'The embedded database has no room left. Nothing was applied.',
    cure: 'Tell the operator, who has to make room; then repeat the request.',
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof PROBLEM_TYPES;
