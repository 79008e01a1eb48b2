/** Reads CSV (RFC 4180) record by record, each with the physical line on which it starts. */

import { Problem } from './problem.ts';

export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

const LINE_BREAK = /\r\n|\n|\r/g;

/**
 * Yields the records of a text; lines may end in CRLF, LF or CR. Records without any value are
 * skipped. Throws a {@link Problem} if a quote is out of place: nobody knows then where its record
 * ends.
 */
export function* readCsv(text: string, delimiter: string): Generator<CsvRecord, undefined> {
  let at = 0;
  let line = 1;
  let start = 1;
  let fields: string[] = [];
  while (at < text.length) {
    if (text[at] === '"') {
      const end = endOfQuoted(text, at, line);
      const value = text.slice(at + 1, end);
      fields.push(value.replaceAll('""', '"'));
      line += value.match(LINE_BREAK)?.length ?? 0;
      at = end + 1;
      if (at < text.length && !isEnd(text[at], delimiter))
        throw malformed(line, 'text follows a closing quote; a quote inside quotes must be doubled');
    } else {
      const from = at;
      while (at < text.length && !isEnd(text[at], delimiter)) at += 1;
      const value = text.slice(from, at);
      if (value.includes('"'))
        throw malformed(line, 'a value contains a quote, so the value must be quoted and the quote doubled');
      fields.push(value);
    }
    if (text[at] === delimiter) {
      at += 1;
      // The last field of the text is empty.
      if (at < text.length) continue;
      fields.push('');
    }
    if (fields.some((field) => field.trim() !== '')) yield { line: start, fields };
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    line += 1;
    start = line;
    fields = [];
  }
  return undefined;
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
