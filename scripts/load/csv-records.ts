/** Streams the records of an open CSV file, each with the number of its first line. */

import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { UsageError } from './options.ts';

export interface CsvRecord {
  readonly line: number;
  readonly values: readonly string[];
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly empty_lines: number };
}

/**
 * Reads from the start of the file, with backpressure. Skips empty lines; lines may end in LF, CRLF or CR.
 * Throws {@link UsageError} where the text is not CSV (RFC 4180).
 * @param inspect receives each chunk of bytes before it is parsed.
 */
export async function* readRecords(
  file: FileHandle,
  inspect: (chunk: Buffer) => void = () => {},
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const bytes = file.createReadStream({ start: 0, autoClose: false });
  // An error in an earlier step destroys the parser, so the loop below throws it.
  pipeline(
    bytes,
    (chunks) => inspected(chunks, inspect),
    parser,
    () => {},
  );

  // The parser's own line count counts a CRLF inside quotes twice.
  let filledLines = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield { line: 1 + filledLines + info.empty_lines, values: record };
      filledLines += 1 + countLineBreaks(record);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 1 + filledLines + parser.info.empty_lines;
    throw new UsageError(`line ${line}: ${FAULTS[error.code] ?? error.message}`);
  }
}

async function* inspected(chunks: AsyncIterable<Buffer>, inspect: (chunk: Buffer) => void) {
  for await (const chunk of chunks) {
    inspect(chunk);
    yield chunk;
  }
}

function countLineBreaks(values: readonly string[]): number {
  let count = 0;
  for (const value of values) count += value.match(/\r\n|\r|\n/g)?.length ?? 0;
  return count;
}

const FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote in this row is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote; double a quote inside quotes',
  INVALID_OPENING_QUOTE: 'a value contains a quote but does not start with one',
  CSV_MAX_RECORD_SIZE: 'the row is too long; is a quote missing?',
};
