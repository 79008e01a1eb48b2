/** The parameters of exports. */

import { Type } from 'typebox';
import { CAR_RULES } from '../../cars/car.ts';
import { FilterParameters } from './schemas.ts';

const Export = {
  ...FilterParameters,
  afterId: Type.Optional(
    Type.Integer({
      description: 'Only cars with a greater id: continues an export after the last car that arrived.',
      minimum: 0,
      maximum: CAR_RULES.idMax,
      format: 'int64',
    }),
  ),
};

export const NdjsonExportParameters = Type.Object(Export, { additionalProperties: false });

export const CsvExportParameters = Type.Object(
  {
    ...Export,
    safe: Type.Optional(
      Type.Literal('spreadsheet', {
        description: "`spreadsheet` puts a ' before texts that a spreadsheet would run as formulas.",
      }),
    ),
  },
  { additionalProperties: false },
);
