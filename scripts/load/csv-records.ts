/** Reads the records of an open CSV file as a stream, each with the line of the file that it starts on. */

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
 * Reads from the file's first byte, no faster than records are taken. Empty lines are skipped; lines may end in LF,
 * CRLF or CR. `inspect` sees each chunk of bytes first. Throws {@link UsageError} where the text is not CSV (RFC 4180).
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
  // A failure on the way destroys the parser, and so reaches the loop below.
  pipeline(
    bytes,
    (chunks) => inspected(chunks, inspect),
    parser,
    () => {},
  );

  // The parser's own count of lines takes a CRLF inside quotes for two.
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
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened in this row and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote; a quote inside quotes is written twice',
  INVALID_OPENING_QUOTE: 'a quote stands in a value that does not start with one',
  CSV_MAX_RECORD_SIZE: 'the row is too long; is a quote missing?',
};
