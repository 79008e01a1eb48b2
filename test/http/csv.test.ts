/** Our reader of CSV agrees with csv-parse, and takes linear time. */

import { CsvError, parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCsv } from '../../src/http/contract/csv.ts';
import { Problem } from '../../src/http/contract/problem.ts';
import { expectLinearTime } from '../support/expect-linear-time.ts';

/** The records of a short text; undefined if it is malformed. */
function readOurs(text: string, delimiter: string): (readonly string[])[] | undefined {
  try {
    return [...readCsv(text, delimiter)].map((record) => record?.fields ?? []);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function readTheirs(text: string, delimiter: string): string[][] | undefined {
  try {
    const options = { delimiter, record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true };
    const records: string[][] = parse(text, options);
    return records.filter((fields) => fields.some((field) => field.trim() !== ''));
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

const delimiters = fc.constantFrom(',', ';', '\t');
const pieces = fc.constantFrom(
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\r\n',
  '\n',
  '\r',
  ' ',
  'a',
  'é',
  '🚗',
  '"b"',
  '"\n"',
);

it('reads what csv-parse reads, and rejects what it rejects', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), delimiters, (parts, delimiter) => {
      const text = parts.join('');
      expect(readOurs(text, delimiter), JSON.stringify(text)).toEqual(readTheirs(text, delimiter));
    }),
    { numRuns: 5000 },
  );
});

it.each([
  ['quotes that are doubled', '""', '"'],
  ['fields', 'a,', ''],
  ['blank lines', '\n', ''],
  ['an open quote', 'a', '"'],
  ['quoted line breaks', '\r\n', '"'],
])('takes linear time on many %s', (_, part, start) => {
  expectLinearTime(200_000, (length) => {
    const long = start + part.repeat(length);
    return () => expect(() => readOurs(long, ',')).not.toThrow();
  });
});
