/** Reads CSV (RFC 4180) record by record, each with the physical line on which it starts. */

import { Problem } from './problem.ts';

export interface CsvRecord {
  readonly line: number;
  /** Undefined if the record is longer than {@link MAX_ROW}. */
  readonly fields: readonly string[] | undefined;
}

/** Characters of a row. A car has less than 1,000, so a longer row is rejected before it is parsed. */
export const MAX_ROW = 16 * 1024;

/** Values or blank lines after which the reader lets its caller pause. */
export const STEP = 2048;

/**
 * Yields the records of a text; lines may end in CRLF, LF or CR. Records without any value are
 * skipped. Yields undefined where the caller may pause before the next record is complete. Throws a
 * {@link Problem} if a quote is out of place: nobody knows then where its record ends.
 */
export function* readCsv(text: string, delimiter: string): Generator<CsvRecord | undefined, undefined> {
  let at = 0;
  let line = 1;
  let start = { at, line };
  let fields: string[] = [];
  for (let values = 1; at < text.length; values += 1) {
    if (values % STEP === 0) yield undefined;
    if (text[at] === '"') {
      const end = endOfQuoted(text, at, line);
      if (end - start.at <= MAX_ROW) fields.push(text.slice(at + 1, end).replaceAll('""', '"'));
      line += countLineBreaks(text, at, end);
      at = end + 1;
      if (at < text.length && !isEnd(text[at], delimiter))
        throw malformed(line, 'text follows a closing quote; a quote inside quotes must be doubled');
    } else {
      const from = at;
      while (at < text.length && !isEnd(text[at], delimiter)) at += 1;
      const value = text.slice(from, at);
      if (value.includes('"'))
        throw malformed(line, 'a value contains a quote, so the value must be quoted and the quote doubled');
      if (at - start.at <= MAX_ROW) fields.push(value);
    }
    if (text[at] === delimiter) {
      at += 1;
      // The last field of the text is empty.
      if (at < text.length) continue;
      fields.push('');
    }
    if (at - start.at > MAX_ROW) yield { line: start.line, fields: undefined };
    else if (fields.some((field) => field.trim() !== '')) yield { line: start.line, fields };
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    line += 1;
    start = { at, line };
    fields = [];
  }
  return undefined;
}

/** Counts CRLF, LF and CR. */
function countLineBreaks(text: string, from: number, to: number): number {
  let breaks = 0;
  for (let at = from; at < to; at += 1)
    if (text[at] === '\n' || (text[at] === '\r' && text[at + 1] !== '\n')) breaks += 1;
  return breaks;
}

function isEnd(character: string | undefined, delimiter: string): boolean {
  return character === delimiter || character === '\n' || character === '\r';
}

/** The position of the closing quote. */
function endOfQuoted(text: string, open: number, line: number): number {
  for (let at = open + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1) throw malformed(line, 'a quote is never closed');
    if (text[at + 1] !== '"') return at;
  }
}

function malformed(line: number, fault: string): Problem {
  return new Problem('bad-request', `The CSV is malformed on line ${line}: ${fault}.`);
}
