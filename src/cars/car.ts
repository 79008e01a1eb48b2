/** What a car is: its fields, their bounds, and how its texts are normalised and compared. */

/** Bounds of the fields; the wire schema and the tables are built on the same numbers. */
export const CAR_RULES = {
  /** Code points of `brand` and `model`, after trimming and NFC. */
  textMaxLength: 100,
  /** The first car with a combustion engine was patented in 1886. */
  yearMin: 1886,
  yearMax: 2100,
  /** The largest integer that JSON readers agree on (RFC 8259, section 6). */
  idMax: Number.MAX_SAFE_INTEGER,
} as const;

/** What a caller says about a car. */
export interface CarFields {
  readonly brand: string;
  readonly model: string;
  readonly year: number;
}

/** A stored car. `version` starts at 1 and grows by one with each change. */
export interface Car extends CarFields {
  readonly id: number;
  readonly version: number;
}

/** C0 and C1 control characters and DEL (Unicode category Cc); none may be part of a text. */
const CONTROL = /\p{Cc}/u;

/**
 * Trims white space and composes letters (Unicode NFC), so that equal texts are equal strings. Control characters,
 * line breaks among them, are not trimmed away: they make the text invalid wherever they stand.
 */
export function normaliseText(text: string): string {
  const trimmed = text.trim();
  const kept = trimmed.length === text.length || CONTROL.test(text) ? text : trimmed;
  return kept.normalize('NFC');
}

/**
 * The key under which a text is compared and sorted: NFC of the lower case of the NFC text. Databases hold it
 * in a binary column and compare its UTF-8 bytes, which is the order of code points: no collation is common to
 * SQLite, MySQL and MariaDB, so none is used.
 */
export function textKey(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}
