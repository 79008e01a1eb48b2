/** Splits CSV (RFC 4180) into records, without reading their values. */

/** A record as it stands in the file, without its line break. */
export interface CsvRecord {
  /** The physical line on which it starts. */
  readonly line: number;
  readonly text: string;
}

/** A text, or the UTF-8 of a text: as a file, or in parts as they arrive. */
export type TextSource = Blob | ReadableStream<Uint8Array> | AsyncIterable<string | Uint8Array>;

/** The text is not CSV in UTF-8. */
export class CsvError extends Error {
  override name = 'CsvError';
  /** The physical line; undefined if the text is not UTF-8. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(line === undefined ? message : `line ${line}: ${message}`);
    this.line = line;
  }
}

const DELIMITERS = [',', ';', '\t'] as const;

/** So that a quote that is never closed does not fill the memory. */
const MAX_RECORD_LENGTH = 64 * 1024;

/**
 * Yields the records of a CSV text in groups, the header first. Lines may end in CRLF, LF or CR. Skips
 * records without any value. Throws {@link CsvError} if a quote is out of place.
 */
export async function* splitCsv(text: TextSource): AsyncGenerator<CsvRecord[]> {
  let malformed: RegExp | undefined;
  for await (const group of splitRecords(text)) {
    const records = group.filter((record) => !isBlank(record));
    malformed ??= records[0] && malformedRecord(findDelimiter(records[0].text));
    for (const record of records) {
      if (record.text.includes('"') && malformed?.test(record.text)) {
        throw new CsvError(
          'a quote is out of place: quote the whole value, and double each quote in it',
          record.line,
        );
      }
    }
    if (records.length > 0) yield records;
  }
}

function isBlank({ text }: CsvRecord): boolean {
  return /^[\s,;"]*$/.test(text);
}

/** Returns the delimiter that finds the most columns of a car in the header. */
function findDelimiter(header: string): string {
  const columns = (delimiter: string) =>
    header.split(delimiter).filter((name) => /^\W*(?:brand|model|year)\W*$/i.test(name)).length;
  return DELIMITERS.reduce((best, other) => (columns(other) > columns(best) ? other : best));
}

function malformedRecord(delimiter: string): RegExp {
  const value = `(?:[^"${delimiter}]*|"(?:[^"]|"")*")`;
  return new RegExp(`^(?!${value}(?:${delimiter}${value})*$)`);
}

/** A quote is followed by an even number of quotes in its record, or the record continues on the next line. */
async function* splitRecords(text: TextSource): AsyncGenerator<CsvRecord[]> {
  let rest = '';
  let line = 1;
  for await (const { part, isLast } of decode(text)) {
    rest += part;
    const records: CsvRecord[] = [];
    let start = 0;
    let startLine = line;
    let isQuoted = false;
    for (const { 0: found, index } of rest.matchAll(/"|\r\n|\n|\r/g)) {
      // A line feed may follow in the next part.
      if (found === '\r' && index + 1 === rest.length && !isLast) break;
      if (found === '"') isQuoted = !isQuoted;
      else {
        line += 1;
        if (isQuoted) continue;
        records.push({ line: startLine, text: rest.slice(start, index) });
        start = index + found.length;
        startLine = line;
      }
    }
    rest = rest.slice(start);
    line = startLine;
    if (isLast && isQuoted) throw new CsvError('a quote is never closed', line);
    if (rest.length > MAX_RECORD_LENGTH) {
      throw new CsvError('the record is longer than 64 KiB; is a quote in it never closed?', line);
    }
    if (isLast && rest !== '') records.push({ line, text: rest });
    yield records;
  }
}

async function* decode(text: TextSource) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const toText = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new CsvError('the text is not UTF-8');
    }
  };
  for await (const chunk of partsOf(text)) {
    yield { part: typeof chunk === 'string' ? chunk : toText(chunk), isLast: false };
  }
  yield { part: toText(), isLast: true };
}

/** Not every browser can iterate over a stream. */
async function* partsOf(text: TextSource): AsyncGenerator<string | Uint8Array> {
  const source = text instanceof Blob ? text.stream() : text;
  if (!('getReader' in source)) {
    yield* source;
    return;
  }
  const reader = source.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
