/** The columns of a car's fields, which have the same names in both engines. */

import { FIELD_NAMES, TEXT_FIELDS } from '../cars/car.ts';

/** Each field has a column of its name, in the order of {@link FIELD_NAMES}. */
export const FIELD_COLUMNS = FIELD_NAMES.join(', ');

/** What a change of `cars` writes: the fields, then the key by which each text is compared. */
export const STORED_COLUMNS = `${FIELD_COLUMNS}, ${TEXT_FIELDS.map((name) => `${name}_key`).join(', ')}`;

/** In `car_changes`: the fields before a change, then those after it. */
export const CHANGE_COLUMNS = ['before', 'after']
  .flatMap((when) => FIELD_NAMES.map((name) => `${name}_${when}`))
  .join(', ');
