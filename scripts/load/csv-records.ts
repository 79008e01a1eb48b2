/** Streams the records of an open CSV file, each with the number of its first line. */

import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { UsageError } from './options.ts';

export interface CsvRecord {
  readonly line: number;
  readonly values: readonly string[];
}

/** As much as the service accepts in one request. So an unclosed quote does not fill the memory. */
const MAX_RECORD_BYTES = 64 * 1024;

/**
 * Reads from the start of the file, with backpressure. Skips rows without any value; lines may end
 * in LF, CRLF or CR. Throws {@link UsageError} where the text is not CSV (RFC 4180).
 * @param inspect receives each chunk of bytes before it is parsed.
 */
export async function* readRecords(
  file: FileHandle,
  delimiter: string,
  inspect: (chunk: Buffer) => void = () => {},
): AsyncGenerator<CsvRecord> {
  // Counted while parsing: when an error is thrown, the rows before it have not been yielded yet.
  // The parser's own line count counts a CRLF inside quotes twice.
  let filledLines = 0;
  const parser = parse({
    bom: true,
    delimiter,
    max_record_size: MAX_RECORD_BYTES,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    // Puts the line before the values.
    on_record(values, { empty_lines }) {
      const line = 1 + filledLines + empty_lines;
      filledLines += 1 + countLineBreaks(values);
      return values.every((value) => value.trim() === '') ? undefined : [String(line), ...values];
    },
  });
  const bytes = file.createReadStream({ start: 0, autoClose: false });
  // An error in an earlier step destroys the parser, so the loop below throws it.
  pipeline(
    bytes,
    (chunks) => inspected(chunks, inspect),
    parser,
    () => {},
  );
  try {
    for await (const [line, ...values] of parser as AsyncIterable<string[]>)
      yield { line: Number(line), values };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 1 + filledLines + parser.info.empty_lines;
    throw new UsageError(`line ${line}: ${FAULTS[error.code] ?? error.message}`);
  }
}

async function* inspected(chunks: AsyncIterable<Buffer>, inspect: (chunk: Buffer) => void) {
  let lineBytes = 0;
  for await (const chunk of chunks) {
    inspect(chunk);
    // The parser's limit does not count delimiters.
    const lastBreak = Math.max(chunk.lastIndexOf('\n'), chunk.lastIndexOf('\r'));
    lineBytes = lastBreak < 0 ? lineBytes + chunk.length : chunk.length - lastBreak;
    if (lineBytes > MAX_RECORD_BYTES)
      throw new UsageError('has a line of more than 64 KiB; is it a CSV file?');
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
  CSV_INVALID_CLOSING_QUOTE:
    'text follows a closing quote; is there a stray quote in this row? Double a quote inside quotes',
  INVALID_OPENING_QUOTE: 'a value contains a quote but does not start with one',
  CSV_MAX_RECORD_SIZE: 'the row is longer than 64 KiB; is a quote in it never closed?',
};
