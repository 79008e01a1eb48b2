/** Builds the schemas of successful responses: bodies and header fields. */

import { type TSchema, Type } from 'typebox';

interface Documented {
  readonly description: string;
  readonly headers?: Readonly<Record<string, TSchema>>;
}

/** A JSON response. */
export function json<Schema extends TSchema>(schema: Schema, { description, headers }: Documented) {
  return { description, ...(headers && { headers }), content: { 'application/json': { schema } } };
}

/** A response without a body. */
export function empty({ description, headers }: Documented) {
  return { ...Type.Null({ description }), ...(headers && { headers }) };
}

const header = (description: string) => Type.String({ description });

const link = header(
  'RFC 8288: `rel="first"`, and `rel="next"` unless this is the last page. The URLs are relative.',
);

const pageTag = header('A weak validator of the response, for If-None-Match.');

const replayed = Type.Optional(
  Type.Literal('true', {
    description: 'Present if this is the response to an earlier request with the same Idempotency-Key.',
  }),
);

export const HEADERS = {
  etag: { etag: header('The version of the car, for If-Match and If-None-Match.') },
  document: { etag: header('A weak validator of the document, for If-None-Match.') },
  created: {
    etag: header('The version of the car.'),
    location: header('The path of the car.'),
    'idempotency-replayed': replayed,
  },
  batch: { 'idempotency-replayed': replayed },
  export: { 'content-disposition': header('`attachment`, with a name for the file.') },
  unchanged: { etag: pageTag, link },
  counts: { etag: pageTag },
  history: { etag: pageTag, link },
  list: {
    etag: pageTag,
    link,
    'x-total-count': Type.Optional(
      Type.Integer({ description: 'The number of cars that match, if the request has `count=exact`.' }),
    ),
  },
} as const;
