/** The answers of the routes, as the contract documents them. */

import { type TSchema, Type } from 'typebox';
import { PROBLEM_TYPES, type ProblemType } from './problem-types.ts';
import { named } from './schemas.ts';

interface Documented {
  readonly description: string;
  readonly headers?: Readonly<Record<string, TSchema>>;
}

/** What any route may answer. */
const EVERYWHERE = [400, 406, 408, 414, 417, 431, 500];

/** A JSON answer. */
export function json<Schema extends TSchema>(schema: Schema, { description, headers }: Documented) {
  return { description, ...(headers && { headers }), content: { 'application/json': { schema } } };
}

/** An answer without a body. */
export function empty({ description, headers }: Documented) {
  return { ...Type.Null({ description }), ...(headers && { headers }) };
}

const header = (description: string) => Type.String({ description });

const CHALLENGE = {
  'www-authenticate': header('RFC 6750: what the caller has to bring, and what was wrong with it.'),
};

const REPEATABLE = {
  'retry-after': Type.Optional(
    Type.Integer({
      description: 'Seconds after which the call may be repeated; absent where repeating is not safe.',
    }),
  ),
};

const LIMIT = {
  'ratelimit-policy': header('The limit: `q` requests in `w` seconds.'),
  ratelimit: header(
    'What is left of it: `r` requests in the next `t` seconds. On every answer to a caller who is limited.',
  ),
};

/** Header fields of problems, by status. */
const PROBLEM_HEADERS: Readonly<Record<number, Documented['headers']>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  409: REPEATABLE,
  429: {
    'retry-after': header('Seconds until the next request is possible.'),
    ...LIMIT,
  },
  503: REPEATABLE,
};

/** The problem documents of a route: those that every route may answer, and its own. */
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

/** The answers of a route that limits may stand before: those that went well tell what is left, where there is a limit. */
export function withLimits(answers: object = {}) {
  const fields = Object.fromEntries(
    Object.entries(LIMIT).map(([name, schema]) => [name, Type.Optional(schema)]),
  );
  return Object.fromEntries(
    Object.entries(answers as Record<string, Documented>).map(([status, answer]) =>
      Number(status) < 400
        ? [status, { ...answer, headers: { ...answer.headers, ...fields } }]
        : [status, answer],
    ),
  );
}

const link = header('RFC 8288: `rel="first"`, and `rel="next"` while there is more; relative to this URL.');

export const HEADERS = {
  etag: { etag: header('The version of the car, for If-Match and If-None-Match.') },
  created: {
    etag: header('The version of the car.'),
    location: header('The path of the car.'),
    'idempotency-replayed': Type.Optional(
      Type.Literal('true', {
        description: 'This is the answer to an earlier request with the same Idempotency-Key.',
      }),
    ),
  },
  history: { link },
  list: {
    link,
    'x-total-count': Type.Optional(
      Type.Integer({ description: 'How many cars match, where `count=exact` asked for it.' }),
    ),
  },
} as const;
