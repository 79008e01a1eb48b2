/** Header fields of requests that routes read, as the contract documents them. Their values arrive trimmed. */

import { Type } from 'typebox';
import { TAG_LIST } from './entity-tag.ts';

const Tags = (description: string) => Type.Optional(Type.String({ description, pattern: TAG_LIST }));

/** RFC 9110, section 13. */
export const Preconditions = Type.Object({
  'if-match': Tags(
    'Only when the car has one of these ETags, else 412: "*", or tags in quotes, separated by commas (RFC 9110, section 13.1.1).',
  ),
  'if-none-match': Tags(
    'Only when the car has none of these ETags, else 304 to a read and 412 to a change: "*", or tags in quotes, separated by commas (RFC 9110, section 13.1.2).',
  ),
});

export const IdempotencyKeyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Names this request: repeated within 24 hours with the same key and body, it creates nothing and gets the same answer. 1 to 255 printable ASCII characters.',
      pattern: '^[\\x21-\\x7e](?:[\\x20-\\x7e]{0,253}[\\x21-\\x7e])?$',
    }),
  ),
});
