/** The wire: one schema for each thing that travels validates it, serialises it, types it and documents it. */

import { type Static, Type } from 'typebox';
import { CAR_RULES } from '../../cars/car.ts';
import { CHANGE_KINDS } from '../../cars/car-change.ts';
import { SORT_FIELDS } from '../../cars/car-list.ts';

/** Spaces of every script, but none that is a control character. */
const BLANK = '\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';
/** Control characters and lone surrogates. */
const FORBIDDEN = '\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff';

const Text = (description: string) =>
  Type.String({
    description: `${description}: 1 to ${CAR_RULES.textMaxLength} characters, counted after trimming and Unicode NFC; not blank, no control characters.`,
    minLength: 1,
    maxLength: CAR_RULES.textMaxLength,
    // No character fits two neighbouring parts, so that the time grows with the text and not with its square.
    pattern: `^[${BLANK}]*[^${BLANK}${FORBIDDEN}][^${FORBIDDEN}]*$`,
  });

const Year = (description: string) =>
  Type.Integer({ description, minimum: CAR_RULES.yearMin, maximum: CAR_RULES.yearMax });

const Id = Type.Integer({
  description: 'Given by the service, never reused.',
  minimum: 1,
  maximum: CAR_RULES.idMax,
});

const fields = {
  brand: Text('The maker'),
  model: Text('The model'),
  year: Year('The model year'),
};

const example = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

/** What a caller sends to create or replace a car. */
export const CarInput = Type.Object(fields, {
  $id: 'CarInput',
  description: 'A car as a caller describes it.',
  additionalProperties: false,
  examples: [example],
});

/** A merge patch (RFC 7396). No member of a car can be removed, so none may be null. */
export const CarPatch = Type.Object(
  {
    brand: Type.Optional(fields.brand),
    model: Type.Optional(fields.model),
    year: Type.Optional(fields.year),
  },
  {
    $id: 'CarPatch',
    description: 'The members of a car to replace (JSON merge patch, RFC 7396).',
    additionalProperties: false,
    examples: [{ year: 2019 }],
  },
);

/** What the service answers; the members are serialised in this order. */
export const Car = Type.Object(
  { brand: fields.brand, id: Id, model: fields.model, year: fields.year },
  {
    $id: 'Car',
    description: 'A car.',
    additionalProperties: false,
    examples: [{ brand: 'Volkswagen', id: 1, model: 'Golf', year: 2018 }],
  },
);

const OrNull = (description: string) =>
  Type.Union([Type.Unsafe<Static<typeof CarInput>>({ $ref: 'CarInput#' }), Type.Null()], { description });

/** An entry of the audit trail; the members are serialised in this order. */
export const CarChange = Type.Object(
  {
    change: Type.Enum(CHANGE_KINDS),
    version: Type.Integer({
      description: 'After the change; a deletion counts as one too.',
      minimum: 1,
    }),
    caller: Type.String({ description: 'Who made it; empty where callers are not told apart.' }),
    requestId: Type.String({ description: 'The X-Request-Id of the request that made it.' }),
    time: Type.String({ format: 'date-time', description: 'When, in UTC.' }),
    before: OrNull('The car before; null where it was created.'),
    after: OrNull('The car after; null where it was deleted.'),
  },
  { $id: 'CarChange', description: 'A change of a car.', additionalProperties: false },
);

export const CarParams = Type.Object({ id: Id }, { additionalProperties: false });

const Page = {
  limit: Type.Optional(
    Type.Integer({ description: 'The most entries of one page.', minimum: 1, maximum: 1000, default: 100 }),
  ),
  cursor: Type.Optional(
    Type.String({
      description: 'Where the page starts: opaque, taken from a `Link` header field.',
      minLength: 1,
    }),
  ),
};

export const CarHistoryParameters = Type.Object(Page, { additionalProperties: false });

const SORT_TERM = `-?(${SORT_FIELDS.join('|')})`;

export const CarListParameters = Type.Object(
  {
    brand: Type.Optional(Text('Only cars of this maker, letter case ignored')),
    model: Type.Optional(Text('Only cars of this model, letter case ignored')),
    year: Type.Optional(Year('Only cars of this year')),
    yearMin: Type.Optional(Year('Only cars of this year or later')),
    yearMax: Type.Optional(Year('Only cars of this year or earlier')),
    sort: Type.Optional(
      Type.String({
        description: `Up to three of ${SORT_FIELDS.join(', ')}, each once, separated by commas; "-" before one for descending. Ties are in the order of \`id\`.`,
        // The lookahead refuses a field that is named twice.
        pattern: `^(?!.*\\b(${SORT_FIELDS.join('|')})\\b.*\\b\\1\\b)${SORT_TERM}(,${SORT_TERM}){0,2}$`,
        default: 'id',
        examples: ['-year,brand'],
      }),
    ),
    ...Page,
    count: Type.Optional(
      Type.Literal('exact', { description: '`exact` adds `X-Total-Count`: how many cars match in all.' }),
    ),
  },
  { additionalProperties: false },
);

export const NoParameters = Type.Object({}, { additionalProperties: false });

/** A problem document (RFC 9457). */
export const ProblemDocument = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', description: 'The page that says cause and cure.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ format: 'uri-reference', description: "Contains the request's id." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.Optional(
            Type.String({ description: 'A member of the body (JSON Pointer, RFC 6901).' }),
          ),
          parameter: Type.Optional(
            Type.String({ description: 'A parameter of the path, the query or a header field.' }),
          ),
          detail: Type.String(),
        }),
      ),
    ),
  },
  { $id: 'Problem', description: 'A problem document (RFC 9457).' },
);

export const Health = Type.Object({ status: Type.Literal('ok'), version: Type.String() }, { $id: 'Health' });
export const Readiness = Type.Object({ status: Type.Literal('ready') }, { $id: 'Readiness' });

/** The schemas that the contract names; each has its name as `$id`. */
const NAMED = { Car, CarChange, CarInput, CarPatch, Problem: ProblemDocument, Health, Readiness };
type Named = typeof NAMED;

export const NAMED_SCHEMAS = Object.values(NAMED);

/** A reference to a schema by its name, with its type. */
export function named<Name extends keyof Named>(name: Name) {
  return Type.Unsafe<Static<Named[Name]>>({ $ref: `${name}#` });
}
