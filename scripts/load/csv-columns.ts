/**
 * The columns of a CSV file: what separates them, what the first line names, and a row's fields.
 */

import { type CarFields, FIELD_NAMES, type FieldName } from '../../src/cars/car.ts';
import { UsageError } from './options.ts';

/** Excel writes semicolons where the comma separates decimals, and tabs as "Text". */
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * A row as it is sent. A year that is not an integer stays text, and the service explains the
 * fault.
 */
export type RowFields = { readonly [Name in FieldName]: CarFields[Name] | string };

/** A row of the file. A row with a `fault` is not sent. */
export type Row = { readonly line: number } & ({ readonly fields: RowFields } | { readonly fault: string });

/** The columns in the file's order. A column without a name is `undefined`. */
export type Columns = readonly (FieldName | undefined)[];

/** Returns the delimiter that occurs most often in the first line that is not empty. */
export function findDelimiter(start: string): string {
  const line = /[^\r\n]+/.exec(start)?.[0].replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string) => line.split(delimiter).length;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

/**
 * Throws {@link UsageError} unless the first line names each column once, in any order and case.
 * The first column may lack a name, as pandas' index does; and so may empty columns.
 */
export function parseHeader(values: readonly string[]): Columns {
  const names = values.map((value) => value.trim().toLowerCase());
  const faults = [
    ...FIELD_NAMES.filter((column) => !names.includes(column)).map((name) => `${name} is missing`),
    ...FIELD_NAMES.filter((column) => names.indexOf(column) !== names.lastIndexOf(column)).map(
      (name) => `${name} appears twice`,
    ),
    ...values
      .filter((_, index) => names[index] !== '' && !FIELD_NAMES.some((column) => column === names[index]))
      .map((name) => `${JSON.stringify(name)} is unknown`),
  ];
  if (faults.length === 0) return names.map((name) => FIELD_NAMES.find((column) => column === name));
  throw new UsageError(
    `the first line must name the columns ${FIELD_NAMES.join(', ')}, separated by commas, semicolons or tabs: ${faults.join(', ')}`,
  );
}

export function toRow(line: number, values: readonly string[], columns: Columns): Row {
  const named = columns.findLastIndex((column) => column !== undefined) + 1;
  if (values.length < named) {
    return { line, fault: `the row has ${values.length} columns, but the first line has ${columns.length}` };
  }
  // The first column may be pandas' index. Any other column without a name must be empty.
  const extra = values.findIndex(
    (value, index) => index > 0 && columns[index] === undefined && value.trim() !== '',
  );
  if (extra >= 0) {
    return extra < columns.length
      ? { line, fault: `column ${extra + 1} has a value, but the first line does not name it` }
      : {
          line,
          fault: `the row has ${values.length} columns, but the first line has ${columns.length}`,
        };
  }
  const value = (column: FieldName) => values[columns.indexOf(column)] ?? '';
  return {
    line,
    fields: { brand: value('brand'), model: value('model'), year: parseYear(value('year')) },
  };
}

/** pandas writes 2018.0 where another row has no year. */
function parseYear(text: string): number | string {
  return /^-?(0|[1-9]\d*)(\.0+)?$/.test(text.trim()) ? Number(text) : text;
}
