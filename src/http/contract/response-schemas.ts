/** Builds the response schemas of routes: bodies, header fields and problem documents. */

import { type TSchema, Type } from 'typebox';
import { PROBLEM_TYPES, type ProblemType } from './problem-texts.ts';
import { named } from './schemas.ts';

interface Documented {
  readonly description: string;
  readonly headers?: Readonly<Record<string, TSchema>>;
}

/** The statuses of problems that every route may return. */
const EVERYWHERE = [400, 406, 408, 414, 417, 431, 500];

/** A JSON response. */
export function json<Schema extends TSchema>(schema: Schema, { description, headers }: Documented) {
  return { description, ...(headers && { headers }), content: { 'application/json': { schema } } };
}

/** A response without a body. */
export function empty({ description, headers }: Documented) {
  return { ...Type.Null({ description }), ...(headers && { headers }) };
}

const header = (description: string) => Type.String({ description });

const CHALLENGE = {
  'www-authenticate': header('RFC 6750: the required credential, and what was wrong with the given one.'),
};

const RETRY = {
  'retry-after': Type.Optional(
    Type.Integer({
      description: 'Seconds after which to retry; absent if a retry is not safe.',
    }),
  ),
};

const LIMIT = {
  'ratelimit-policy': header('The limit: `q` requests in `w` seconds.'),
  ratelimit: header(
    'What is left of it: `r` requests in the next `t` seconds. Sent with every response if a limit applies.',
  ),
};

/** Header fields of problems, by status. */
const PROBLEM_HEADERS: Readonly<Record<number, Documented['headers']>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  409: RETRY,
  429: {
    'retry-after': header('Seconds until the next request is allowed.'),
    ...LIMIT,
  },
  503: RETRY,
};

/** The problem documents of a route: its own, and those of every route. */
export function problems(...own: number[]) {
  const content = { 'application/problem+json': { schema: named('Problem') } };
  const types: ProblemType[] = Object.values(PROBLEM_TYPES);
  return Object.fromEntries(
    [...EVERYWHERE, ...own].map((status) => {
      const titles = types.filter((type) => type.status === status).map((type) => type.title);
      const headers = PROBLEM_HEADERS[status];
      return [status, { description: `${titles.join('; ')}.`, ...(headers && { headers }), content }];
    }),
  );
}

/** Adds the rate limit's header fields to the successful responses of a route. */
export function withLimits(responses: object = {}) {
  const fields = Object.fromEntries(
    Object.entries(LIMIT).map(([name, schema]) => [name, Type.Optional(schema)]),
  );
  return Object.fromEntries(
    Object.entries(responses as Record<string, Documented>).map(([status, response]) =>
      Number(status) < 400
        ? [status, { ...response, headers: { ...response.headers, ...fields } }]
        : [status, response],
    ),
  );
}

const link = header(
  'RFC 8288: `rel="first"`, and `rel="next"` unless this is the last page. The URLs are relative.',
);

export const HEADERS = {
  etag: { etag: header('The version of the car, for If-Match and If-None-Match.') },
  created: {
    etag: header('The version of the car.'),
    location: header('The path of the car.'),
    'idempotency-replayed': Type.Optional(
      Type.Literal('true', {
        description: 'Present if this is the response to an earlier request with the same Idempotency-Key.',
      }),
    ),
  },
  history: { link },
  list: {
    link,
    'x-total-count': Type.Optional(
      Type.Integer({ description: 'The number of cars that match, if the request has `count=exact`.' }),
    ),
  },
} as const;
