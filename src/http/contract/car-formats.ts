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
  line: (car) => `${JSON.stringify(car)}\n`,
};

const COLUMNS = ['id', ...FIELD_NAMES] as const;

/** @param isSafe whether to put a `'` before what a spreadsheet would run as a formula. */
export function csvFormat(isSafe: boolean): CarFormat {
  const cell = isSafe ? (value: string) => quote(inert(value)) : quote;
  return {
    fileName: 'cars.csv',
    contentType: 'text/csv; charset=utf-8; header=present',
    head: `${COLUMNS.join(',')}\r\n`,
    line: (car) => `${COLUMNS.map((name) => cell(String(car[name]))).join(',')}\r\n`,
  };
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/**
 * The start of a cell that a spreadsheet would run as a formula, also in full-width characters. A
 * spreadsheet may take semicolons and tabs for separators, and drops the quotes before a value.
 */
const FORMULA = /(^|[;\t])([\s"]*)(?=[=+\-@＝＋－＠])/g;

/** https://owasp.org/www-community/attacks/CSV_Injection */
function inert(text: string): string {
  return text.replace(FORMULA, "$1$2'");
}
