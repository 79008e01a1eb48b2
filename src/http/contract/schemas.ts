/** The schemas of the API. Each one validates, serialises, types and documents a part of a request or a response. */

import { type Static, type TSchema, Type } from 'typebox';
import { SCOPES } from '../../callers/caller.ts';
import { CAR_RULES, type CarFields, FIELD_NAMES, type FieldName } from '../../cars/car.ts';
import { CHANGE_KINDS } from '../../cars/car-change.ts';
import { type CarFilter, type ListedCar, SEARCH_MIN_LENGTH, SORT_FIELDS } from '../../cars/car-list.ts';
import { CarBatch, Faults, RejectedRow, RowProblem } from './batch-schemas.ts';
import { TAG_LIST } from './entity-tag.ts';
import { Health, Readiness, ServiceLinks } from './service-schemas.ts';

/** Not lone surrogates, which many regex engines cannot name: the validator rejects those. */
const CONTROL = '\\x00-\\x1f\\x7f-\\x9f';

/**
 * Blanks, then a character that is none, then no control characters. No character matches two
 * neighbouring parts, so matching takes linear time, not quadratic. U+FEFF is named because only
 * JavaScript counts it as white space. No other character is written with \u: hey-api unescapes it in
 * its code, where a line separator ends the regular expression.
 */
const TEXT = `^(?:[^\\S${CONTROL}\\ufeff]|\\ufeff)*[^\\s${CONTROL}\\ufeff][^${CONTROL}]*$`;

const Text = (description: string) =>
  Type.String({
    description: `${description}: 1 to ${CAR_RULES.textMaxLength} characters after trimming and Unicode NFC, no control characters, no unpaired surrogates.`,
    minLength: 1,
    maxLength: CAR_RULES.textMaxLength,
    pattern: TEXT,
  });

const Year = (description: string) =>
  Type.Integer({ description, minimum: CAR_RULES.yearMin, maximum: CAR_RULES.yearMax });

const Id = Type.Integer({
  description: 'Assigned by the service, never reused.',
  minimum: 1,
  maximum: CAR_RULES.idMax,
  format: 'int64',
  examples: [1],
});

const fields = {
  brand: Text('The manufacturer'),
  model: Text('The model'),
  year: Year('The model year'),
} satisfies Record<FieldName, TSchema>;

const example: CarFields = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const storedExample: ListedCar = { brand: 'Volkswagen', id: 1, model: 'Golf', year: 2018 };

/** What a client sends to create a car. */
export const CarInput = Type.Object(fields, {
  $id: 'CarInput',
  description: 'A car to create.',
  additionalProperties: false,
  examples: [example],
});

/** So that a client can send back what it read. */
const SameId = Type.Optional(
  Type.Integer({
    description: 'May be omitted. Must equal the id in the path.',
    minimum: 1,
    maximum: CAR_RULES.idMax,
    format: 'int64',
  }),
);

/** What a client sends to replace a car. */
export const CarReplacement = Type.Object(
  { ...fields, id: SameId },
  {
    $id: 'CarReplacement',
    description: 'A car to replace another.',
    additionalProperties: false,
    examples: [example],
  },
);

/** A JSON merge patch (RFC 7396). No member of a car can be removed, so none may be null. */
export const CarPatch = Type.Partial(Type.Object({ ...fields, id: SameId }), {
  $id: 'CarPatch',
  description: 'The members of a car to change (JSON merge patch, RFC 7396).',
  additionalProperties: false,
  examples: [{ year: 2019 }],
});

/** A car in responses. Its members are serialised in this order. */
export const Car = Type.Object(
  { brand: fields.brand, id: Id, model: fields.model, year: fields.year } satisfies Record<
    keyof ListedCar,
    TSchema
  >,
  {
    $id: 'Car',
    description: 'A car.',
    additionalProperties: false,
    examples: [storedExample],
  },
);

const OrNull = (description: string) =>
  Type.Union([Type.Unsafe<Static<typeof CarInput>>({ $ref: 'CarInput#' }), Type.Null()], { description });

/** An entry of the audit trail. Its members are serialised in this order. */
export const CarChange = Type.Object(
  {
    change: Type.Enum(CHANGE_KINDS, { type: 'string' }),
    version: Type.Integer({
      description: 'The version after the change. A deletion counts as a change.',
      minimum: 1,
      format: 'int64',
    }),
    caller: Type.String({ description: 'Who made the change; empty if authentication is off.' }),
    requestId: Type.String({ description: 'The X-Request-Id of the request that made the change.' }),
    time: Type.String({ format: 'date-time', description: 'When the change was made, in UTC.' }),
    before: OrNull('The car before the change; null if it was created.'),
    after: OrNull('The car after the change; null if it was deleted.'),
  },
  { $id: 'CarChange', description: 'A change to a car.', additionalProperties: false },
);

const Tags = (description: string) => Type.Optional(Type.String({ description, pattern: TAG_LIST }));

/** RFC 9110, section 13. Values of header fields arrive trimmed. */
export const Preconditions = Type.Object({
  'if-match': Tags(
    'Applies the request only if the car has one of these ETags, else returns 412. "*", or quoted tags separated by commas (RFC 9110, section 13.1.1).',
  ),
  'if-none-match': Tags(
    'Applies the request only if the car has none of these ETags, else returns 304 to a read and 412 to a change. "*", or quoted tags separated by commas (RFC 9110, section 13.1.2).',
  ),
});

/** RFC 9110, section 13.1.2. */
export const Revalidation = Type.Object({
  'if-none-match': Tags(
    'Returns 304 without a body if the response would have one of these ETags. "*", or quoted tags separated by commas (RFC 9110, section 13.1.2).',
  ),
});

export const IdempotencyKeyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Makes retries safe: a request repeated within 24 hours with the same key and body creates no second car and gets the same response. 1 to 255 printable ASCII characters.',
      pattern: '^[\\x21-\\x7e](?:[\\x20-\\x7e]{0,253}[\\x21-\\x7e])?$',
      examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
    }),
  ),
});

export const CarParams = Type.Object({ id: Id }, { additionalProperties: false });

const Page = {
  limit: Type.Optional(
    Type.Integer({
      description: 'The maximum number of entries on a page.',
      minimum: 1,
      maximum: 1000,
      default: 100,
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      description: 'Where the page starts: an opaque value from the `Link` header of the previous page.',
      minLength: 1,
    }),
  ),
};

export const CarHistoryParameters = Type.Object(Page, { additionalProperties: false });

const SORT_TERM = `-?(${SORT_FIELDS.join('|')})`;

/** How often a filter may be repeated, to find cars with any of the values. */
const VALUES_MAX = 20;

const AnyOf = <Schema extends TSchema>(items: Schema, values: string) =>
  Type.Optional(
    Type.Array(items, {
      description: `${values}. Repeat it to find cars with any of up to ${VALUES_MAX} values.`,
      maxItems: VALUES_MAX,
    }),
  );

const START = `the start of a text: ${SEARCH_MIN_LENGTH} to ${CAR_RULES.textMaxLength} characters after trimming and Unicode NFC, no control characters`;

/** As {@link TEXT}, but with at least two characters besides the blanks around them. */
const PREFIX = TEXT.replace(/\$$/, `[^\\s${CONTROL}\\ufeff](?:[^\\S${CONTROL}\\ufeff]|\\ufeff)*$`);

/** The parameters of every route that filters cars; see `toCarFilter`. */
export const FilterParameters = {
  brand: AnyOf(Text('A manufacturer'), 'Only cars of this manufacturer, ignoring case'),
  model: AnyOf(Text('A model'), 'Only cars of this model, ignoring case'),
  year: AnyOf(Year('A year'), 'Only cars of this year'),
  yearMin: Type.Optional(Year('Only cars of this year or later')),
  yearMax: Type.Optional(Year('Only cars of this year or earlier')),
  q: Type.Optional(
    Type.String({
      description: `Only cars whose brand or model starts with it, ignoring case: ${START}.`,
      minLength: SEARCH_MIN_LENGTH,
      maxLength: CAR_RULES.textMaxLength,
      pattern: PREFIX,
    }),
  ),
} satisfies Record<keyof CarFilter, TSchema>;

export const CarListParameters = Type.Object(
  {
    ...FilterParameters,
    sort: Type.Optional(
      Type.String({
        description: `Up to three of ${SORT_FIELDS.join(', ')}, separated by commas, each at most once. Prefix one with "-" to sort in descending order. Ties are sorted by \`id\`.`,
        // The lookahead rejects a repeated field.
        pattern: `^(?!.*\\b(${SORT_FIELDS.join('|')})\\b.*\\b\\1\\b)${SORT_TERM}(,${SORT_TERM}){0,2}$`,
        default: 'id',
        examples: ['-year,brand'],
      }),
    ),
    ...Page,
    count: Type.Optional(
      Type.Literal('exact', { description: '`exact` adds `X-Total-Count`, the number of cars that match.' }),
    ),
  },
  { additionalProperties: false },
);

/** The values in a response of counts without a `limit`: enough for every year. */
export const COUNTS_LIMIT = 1000;

export const CarCountsParameters = Type.Object(
  {
    by: Type.Enum(FIELD_NAMES, { type: 'string', description: 'The field whose values are counted.' }),
    ...FilterParameters,
    limit: Type.Optional(
      Type.Integer({
        description: 'The maximum number of values.',
        minimum: 1,
        maximum: 1000,
        default: COUNTS_LIMIT,
      }),
    ),
  },
  { additionalProperties: false },
);

export const NoParameters = Type.Object({}, { additionalProperties: false });

/** A value of a field in responses. Its members are serialised in this order. */
export const ValueCount = Type.Object(
  {
    value: Type.Union([Type.String(), Type.Integer()], {
      description: 'A brand or a model, which is a text, or a year, which is an integer.',
    }),
    cars: Type.Integer({ description: 'The number of matching cars.', minimum: 1, format: 'int64' }),
  },
  {
    $id: 'ValueCount',
    description: 'How many cars have a value.',
    additionalProperties: false,
    examples: [{ value: 'Volkswagen', cars: 812 }],
  },
);

const Budget = Type.Object(
  {
    perMinute: Type.Integer({ description: 'The limit.', minimum: 1 }),
    remaining: Type.Integer({
      description: 'Requests, or rows of batches, that are allowed now.',
      minimum: 0,
    }),
    secondsUntilFull: Type.Integer({
      description: 'Seconds until the full limit is available again.',
      minimum: 0,
    }),
  },
  { description: 'What is left of a rate limit.', additionalProperties: false },
);

/** Who a client is. Its members are serialised in this order. */
export const Me = Type.Object(
  {
    name: Type.Union([Type.String(), Type.Null()], {
      description: 'The name of the API key, or the subject of the token; null without a credential.',
    }),
    scopes: Type.Array(Type.Enum(SCOPES, { type: 'string' }), {
      description: 'What you may do. Without authentication, everything.',
    }),
    limits: Type.Object(
      { reads: Type.Optional(Budget), writes: Type.Optional(Budget), rows: Type.Optional(Budget) },
      {
        description: 'What is left of your rate limits; without those that do not apply.',
        additionalProperties: false,
      },
    ),
  },
  { $id: 'Me', description: 'Who a client is and what it may do.', additionalProperties: false },
);

/** A problem document (RFC 9457). */
export const ProblemDocument = Type.Object(
  {
    type: Type.String({
      format: 'uri-reference',
      description: 'A page that explains the cause and how to fix it.',
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ format: 'uri-reference', description: 'Contains the request id.' }),
    errors: Type.Optional(Faults),
    rejected: Type.Optional(
      Type.Array(Type.Unsafe<Static<typeof RejectedRow>>({ $ref: 'RejectedRow#' }), {
        description: 'The rejected rows of a batch with `atomic=true`.',
      }),
    ),
  },
  { $id: 'Problem', description: 'A problem document (RFC 9457).' },
);

/** The schemas that the OpenAPI document names. Each has its name as `$id`. */
const NAMED = {
  Car,
  CarChange,
  CarInput,
  CarPatch,
  CarReplacement,
  CarBatch,
  RejectedRow,
  RowProblem,
  Me,
  Problem: ProblemDocument,
  Health,
  Readiness,
  ServiceLinks,
  ValueCount,
};
type Named = typeof NAMED;

export const NAMED_SCHEMAS = Object.values(NAMED);

/** A reference to a named schema, with its type. */
export function named<Name extends keyof Named>(name: Name) {
  return Type.Unsafe<Static<Named[Name]>>({ $ref: `${name}#` });
}
