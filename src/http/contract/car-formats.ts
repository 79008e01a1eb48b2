/** The formats of an export: CSV (RFC 4180) and newline-delimited JSON. */

import { FIELD_NAMES } from '../../cars/car.ts';
import type { ListedCar } from '../../cars/car-list.ts';

export interface CarFormat {
  readonly fileName: string;
  readonly contentType: string;
  /** The text before the first car. */
  readonly head: string;
  /** One line, with its end. */
  line(car: ListedCar): string;
}

export const NDJSON: CarFormat = {
  fileName: 'cars.ndjson',
  contentType: 'application/x-ndjson',
  head: '',
  line: ({ brand, id, model, year }) => `${JSON.stringify({ brand, id, model, year })}\n`,
};

const COLUMNS = ['id', ...FIELD_NAMES] as const;

const CSV: CarFormat = {
  fileName: 'cars.csv',
  contentType: 'text/csv; charset=utf-8; header=present',
  head: `${COLUMNS.join(',')}\r\n`,
  line: (car) => `${COLUMNS.map((name) => quote(String(car[name]))).join(',')}\r\n`,
};

/** @param isSafe whether to put a `'` before texts that a spreadsheet would run as formulas. */
export function csvFormat(isSafe: boolean): CarFormat {
  if (!isSafe) return CSV;
  return { ...CSV, line: (car) => CSV.line({ ...car, brand: inert(car.brand), model: inert(car.model) }) };
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** https://owasp.org/www-community/attacks/CSV_Injection. No text of a car starts with a blank. */
function inert(text: string): string {
  return /^[=+\-@]/.test(text) ? `'${text}` : text;
}
