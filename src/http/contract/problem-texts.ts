/** The texts of every error: its status, title and page under `/docs/problems/`, and the details of errors of other layers. */

import type { CarErrorCode } from '../../cars/car-error.ts';

export interface ProblemType {
  readonly status: number;
  readonly title: string;
  /** What happened, for the page. */
  readonly cause: string;
  /** What the client can do about it, for the page. */
  readonly howToFix: string;
}

export const PROBLEM_TYPES = {
  'bad-request': {
    status: 400,
    title: 'Bad request',
    cause:
      'The request is not valid HTTP, a header that may occur once is repeated, its URL is not valid percent-encoded UTF-8, or its body is missing or is not valid JSON (or CSV, for a batch) in UTF-8.',
    howToFix: 'The detail says what is wrong. Correct it, then send the request again.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'Invalid parameter',
    cause:
      'A query parameter is unknown or repeated, or a parameter of the path, the query or the header has an invalid value.',
    howToFix:
      'Each entry of "errors" names a parameter and what it must be. For example: GET /cars?brand=vw&yearMin=2018&limit=10',
  },
  'invalid-cursor': {
    status: 400,
    title: 'Invalid cursor',
    cause: 'The cursor was altered, cut short, or made for another filter or another sort.',
    howToFix: 'Start again at the first page. Follow the URLs of the Link header unchanged.',
  },
  unauthenticated: {
    status: 401,
    title: 'Authentication required',
    cause: 'The request has no API key or access token, or one that is invalid, expired or revoked.',
    howToFix:
      'Send a valid API key or access token as "Authorization: Bearer …". You may also send an API key as "X-API-Key: …".',
  },
  forbidden: {
    status: 403,
    title: 'Insufficient scope',
    cause: 'The API key or access token is valid, but lacks the scope that this request needs.',
    howToFix: 'WWW-Authenticate names the scope. Ask the operator for a key or token that has it.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    cause: 'No resource has this path.',
    howToFix: 'See /docs for the paths that exist. Paths are case-sensitive and do not end with a slash.',
  },
  'car-not-found': {
    status: 404,
    title: 'Car not found',
    cause: 'No car has this id: it never existed, or it was deleted. Ids are never reused.',
    howToFix: 'Find the car with GET /cars.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    cause: 'The path exists, but does not support this method.',
    howToFix: 'The Allow header lists the methods of this path.',
  },
  'not-acceptable': {
    status: 406,
    title: 'Not acceptable',
    cause: 'The Accept header excludes the one media type that this path returns.',
    howToFix: 'Omit the Accept header, or accept the media type that the detail names.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    cause: 'The header fields or the body did not arrive in time. Nothing was applied.',
    howToFix: 'Send the request again.',
  },
  'idempotency-key-busy': {
    status: 409,
    title: 'Idempotency-Key in use',
    cause: 'Another request with the same Idempotency-Key is still being processed.',
    howToFix: 'Retry with the same key after the number of seconds in Retry-After.',
  },
  'version-mismatch': {
    status: 412,
    title: 'Version mismatch',
    cause:
      'If-Match or If-None-Match does not allow the current version of the car. Another request may have changed it.',
    howToFix:
      'Get the car, decide again, and retry with its new ETag. After a retry, this may be your own change: your first attempt may have been applied, although its response was lost.',
  },
  'content-too-large': {
    status: 413,
    title: 'Body too large',
    cause: 'The body is larger than the limit. The limit is 64 KiB; for a batch, it is 1 MiB and 1,000 rows.',
    howToFix: 'Send one car per request, or several batches.',
  },
  'uri-too-long': {
    status: 414,
    title: 'URL too long',
    cause:
      'Path and query together are longer than the limit. The limit is 8 KiB; for a list, it is 6 KiB without the cursor.',
    howToFix: 'Shorten the query.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    cause:
      'Content-Type is missing or names a type that this path does not support, or the body is compressed, or a batch is not encoded in UTF-8.',
    howToFix:
      'Send application/json, encoded in UTF-8 and not compressed. PATCH also supports application/merge-patch+json, and POST /cars/batch supports application/x-ndjson and text/csv.',
  },
  'expectation-failed': {
    status: 417,
    title: 'Expectation failed',
    cause: 'The Expect header names something other than 100-continue.',
    howToFix: 'Omit the Expect header.',
  },
  'misdirected-request': {
    status: 421,
    title: 'Misdirected request',
    cause:
      'The service has no authentication, so it accepts only requests to localhost. The Host header of this request names another host.',
    howToFix:
      'Use localhost or 127.0.0.1 in the URL. The operator can allow every name with AUTH_NONE_IS_INTENDED=true, or set AUTH.',
  },
  'invalid-car': {
    status: 422,
    title: 'Invalid car',
    cause: 'The body is valid JSON, but not a valid car.',
    howToFix: 'Each entry of "errors" points to a member and says what it must be.',
  },
  'invalid-batch': {
    status: 422,
    title: 'Invalid batch',
    cause:
      'The body can be read, but not as a list of cars: it is no JSON array, or its CSV header is wrong.',
    howToFix:
      'The detail says what is wrong. Send a JSON array, or CSV whose first line has the columns brand, model and year.',
  },
  'rows-rejected': {
    status: 422,
    title: 'Rows rejected',
    cause: 'The request has atomic=true, and some rows of the batch are not valid cars. No car was created.',
    howToFix: 'Correct the rows that "rejected" lists, or omit atomic=true to create the others.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key reused',
    cause: 'The key was used within the last 24 hours for another request.',
    howToFix: 'Use a new key for each new car or batch. Reuse a key only to retry exactly the same request.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Rate limit exceeded',
    cause: 'This client, or this address, has sent more requests than are allowed in a minute.',
    howToFix:
      'Retry after the number of seconds in Retry-After. The RateLimit header shows how many requests are left.',
  },
  'header-fields-too-large': {
    status: 431,
    title: 'Header fields too large',
    cause: 'The request line and the header fields together exceed 16 KiB.',
    howToFix: 'Send fewer or shorter header fields.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    cause: 'The service failed unexpectedly. The log has the error under the request id in "instance".',
    howToFix:
      'With an Idempotency-Key, retry with the same key. Without one, check with GET whether the change was applied. If it happens again, report the request id.',
  },
  unavailable: {
    status: 503,
    title: 'Service unavailable',
    cause: 'The database is unavailable, or the service is overloaded or shutting down. Nothing was applied.',
    howToFix: 'Retry after the number of seconds in Retry-After.',
  },
  'outcome-unknown': {
    status: 503,
    title: 'Outcome unknown',
    cause:
      'The connection to the database broke during the change, or its disk failed. The change may have been applied.',
    howToFix:
      'With an Idempotency-Key, retry with the same key. Without one, check with GET before you retry.',
  },
  'storage-full': {
    status: 507,
    title: 'Storage full',
    cause: 'The disk of the embedded database is full. Nothing was applied.',
    howToFix: 'Ask the operator to free disk space, then retry.',
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof PROBLEM_TYPES;

interface CarErrorDetail {
  readonly detail: string;
  /** Whether Retry-After is sent; `with-key`: only to a request with an Idempotency-Key. */
  readonly retry: 'always' | 'with-key' | 'never';
}

/** The details of the domain's errors. The compiler reports a missing code. */
export const CAR_ERROR_DETAILS: Readonly<Record<CarErrorCode, CarErrorDetail>> = {
  'car-not-found': { detail: 'No car has this id.', retry: 'never' },
  'version-mismatch': { detail: 'The car has another version than the request allows.', retry: 'never' },
  'idempotency-key-reused': {
    detail: 'The Idempotency-Key was already used with another body.',
    retry: 'never',
  },
  'idempotency-key-busy': {
    detail: 'Another request with this Idempotency-Key is still being processed.',
    retry: 'always',
  },
  unavailable: { detail: 'The database is unavailable. Nothing was applied.', retry: 'always' },
  'outcome-unknown': {
    detail: 'The database did not confirm the change. It may have been applied.',
    retry: 'with-key',
  },
  'storage-full': { detail: 'The disk of the database is full. Nothing was applied.', retry: 'never' },
};

/** The problems of Fastify's own errors, by their codes. */
export const FRAMEWORK_ERRORS: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['content-too-large', 'The body is too large.'],
  FST_ERR_CTP_EMPTY_TYPE: ['unsupported-media-type', 'Content-Type is missing.'],
  FST_ERR_CTP_INVALID_TYPE: ['unsupported-media-type', 'This path does not support this Content-Type.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'This path does not support this Content-Type.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad-request', 'The length of the body differs from Content-Length.'],
};
