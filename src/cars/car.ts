/** What a car is: its fields, their bounds, and how its texts are normalised and compared. */

/** Bounds of the fields. The wire schema and the tables use the same numbers. */
export const CAR_RULES = {
  /** Code points of `brand` and `model`, after trimming and NFC. */
  textMaxLength: 100,
  /** The first car with a combustion engine was patented in 1886. */
  yearMin: 1886,
  yearMax: 2100,
  /** The largest integer that all JSON parsers read exactly (RFC 8259, section 6). */
  idMax: Number.MAX_SAFE_INTEGER,
} as const;

/** The fields that a client sets. */
export interface CarFields {
  readonly brand: string;
  readonly model: string;
  readonly year: number;
}

export type FieldName = keyof CarFields;

/** The type of each field. Texts are normalised, and compared by {@link textKey}. */
export const FIELD_TYPES = {
  brand: 'text',
  model: 'text',
  year: 'integer',
} as const satisfies { [Name in FieldName]: CarFields[Name] extends string ? 'text' : 'integer' };

/** The fields in the order of their columns. */
export const FIELD_NAMES = Object.keys(FIELD_TYPES) as readonly FieldName[];

type TextField = { [Name in FieldName]: CarFields[Name] extends string ? Name : never }[FieldName];

export const TEXT_FIELDS = FIELD_NAMES.filter((name): name is TextField => FIELD_TYPES[name] === 'text');

/** A stored car. `version` starts at 1 and is incremented by each change. */
export interface Car extends CarFields {
  readonly id: number;
  readonly version: number;
}

/** The car after a change, with the next version; `car` itself if the change changes nothing. */
export function changeFields(car: Car, fields: Partial<CarFields>): Car {
  const changed = { ...car, ...fields };
  return sameFields(car, changed) ? car : { ...changed, version: car.version + 1 };
}

/** C0 and C1 control characters and DEL (Unicode category Cc), which no text may contain. */
const CONTROL = /\p{Cc}/u;

/**
 * Trims white space and composes letters (Unicode NFC), so that equal texts are equal strings.
 * Control characters, including line breaks, are not trimmed: they make the text invalid.
 */
export function normaliseText(text: string): string {
  const trimmed = text.trim();
  const kept = trimmed.length === text.length || CONTROL.test(text) ? text : trimmed;
  return kept.normalize('NFC');
}

/**
 * The key by which a text is compared and sorted: NFC of the lower case of the NFC text. Databases
 * store it in a binary column and compare its UTF-8 bytes, which is the order of code points.
 * SQLite, MySQL and MariaDB have no collation in common.
 */
export function textKey(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Whether no field differs in any character, even where the keys of two texts are equal. */
export function sameFields(a: CarFields, b: CarFields): boolean {
  return FIELD_NAMES.every((name) => a[name] === b[name]);
}
