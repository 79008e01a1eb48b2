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

/** What may be answered with `Retry-After`. */
const REPEATABLE = [409, 503];

/** A JSON answer. */
export function json<Schema extends TSchema>(schema: Schema, { description, headers }: Documented) {
  return { description, ...(headers && { headers }), content: { 'application/json': { schema } } };
}

/** An answer without a body. */
export function empty({ description, headers }: Documented) {
  return { ...Type.Null({ description }), ...(headers && { headers }) };
}

const header = (description: string) => Type.String({ description });

const retryAfter = Type.Optional(
  Type.Integer({
    description: 'Seconds after which the call may be repeated; absent where repeating is not safe.',
  }),
);

/** The problem documents of a route: those that every route may answer, and its own. */
export function problems(...own: number[]) {
  const content = { 'application/problem+json': { schema: named('Problem') } };
  const types: ProblemType[] = Object.values(PROBLEM_TYPES);
  return Object.fromEntries(
    [...EVERYWHERE, ...own].map((status) => {
      const titles = types.filter((type) => type.status === status).map((type) => type.title);
      const headers = REPEATABLE.includes(status) && { headers: { 'retry-after': retryAfter } };
      return [status, { description: `${titles.join('; ')}.`, ...headers, content }];
    }),
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
