/** The schemas of batches: their parameters, their answer, and their rejected rows. */

import { type Static, Type } from 'typebox';
import { CAR_RULES } from '../../cars/car.ts';

/** The faults of a request or of a row. */
export const Faults = Type.Array(
  Type.Object({
    pointer: Type.Optional(Type.String({ description: 'A member of the body (JSON Pointer, RFC 6901).' })),
    parameter: Type.Optional(
      Type.String({ description: 'A parameter of the path, the query or a header field.' }),
    ),
    detail: Type.String(),
  }),
);

/** A problem of a row. It has a name of its own, so that generated clients tell it from that of a response. */
export const RowProblem = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    detail: Type.String(),
    errors: Type.Optional(Faults),
  },
  {
    $id: 'RowProblem',
    description: 'A problem document (RFC 9457) about one row.',
    additionalProperties: false,
  },
);

/** A row of a batch that is not a car. */
export const RejectedRow = Type.Object(
  {
    line: Type.Integer({
      description: 'The line on which the row starts, from 1; in a JSON array, its index, from 0.',
      minimum: 0,
    }),
    problem: Type.Unsafe<Static<typeof RowProblem>>({ $ref: 'RowProblem#' }),
  },
  { $id: 'RejectedRow', description: 'A rejected row of a batch.', additionalProperties: false },
);

const Flag = (description: string) =>
  Type.Optional(
    Type.Enum(['true', 'false'], { type: 'string', description: `${description}.`, default: 'false' }),
  );

export const CarBatchParameters = Type.Object(
  {
    atomic: Flag('Creates no car if any row is rejected, and returns 422 instead'),
    dryRun: Flag('Validates the rows and creates nothing'),
    extra: Type.Optional(
      Type.Literal('ignore', {
        description: '`ignore` accepts columns and members that a car does not have, and drops them.',
      }),
    ),
  },
  { additionalProperties: false },
);

const CarId = Type.Integer({ minimum: 1, maximum: CAR_RULES.idMax, format: 'int64' });

/** The answer to a batch. */
export const CarBatch = Type.Object(
  {
    created: Type.Integer({ description: 'The number of created cars.', minimum: 0 }),
    ids: Type.Array(Type.Array(CarId, { minItems: 2, maxItems: 2 }), {
      description:
        'The ids of the created cars, in the order of the accepted rows: first and last id of each range.',
    }),
    rejected: Type.Array(Type.Unsafe<Static<typeof RejectedRow>>({ $ref: 'RejectedRow#' })),
  },
  {
    $id: 'CarBatch',
    description: 'What became of the rows of a batch.',
    additionalProperties: false,
  },
);
