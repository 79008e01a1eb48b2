/** The CSV file: validated completely before the first car is sent, then read again row by row. */

import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Columns, findDelimiter, parseHeader, type Row, toRow } from './csv-columns.ts';
import { readRecords } from './csv-records.ts';
import { UsageError } from './options.ts';

export interface CsvFile {
  /**
   * SHA-256 of the content, base64url. Part of each Idempotency-Key, so an edited file creates new
   * cars.
   */
  readonly fingerprint: string;
  readonly rowCount: number;
  /** Throws when the file was changed since it was validated. */
  readonly rows: () => AsyncGenerator<Row>;
  readonly close: () => Promise<void>;
}

/**
 * Opens and validates the file; `-` is standard input.
 * Throws {@link UsageError} when it is missing, not UTF-8, not CSV or lacks a column.
 */
export async function openCsvFile(path: string, stdin: Readable): Promise<CsvFile> {
  const file = path === '-' ? await copyToFile(stdin) : await openFile(path);
  try {
    const { mtimeNs, size } = await statFile(file);
    const delimiter = findDelimiter(await readStart(file));
    const { fingerprint, columns, rowCount } = await validate(file, delimiter);

    async function* rows(): AsyncGenerator<Row> {
      let header = true;
      for await (const { line, values } of readRecords(file, delimiter)) {
        if (!header) yield toRow(line, values, columns);
        header = false;
      }
      const now = await statFile(file);
      if (now.mtimeNs !== mtimeNs || now.size !== size)
        throw new Error('the file was changed during the run');
    }
    return { fingerprint, rowCount, rows, close: () => file.close() };
  } catch (error) {
    await file.close();
    const name = path === '-' ? 'standard input' : path;
    throw error instanceof UsageError ? new UsageError(`${name}: ${error.message}`) : error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw new UsageError(`cannot read the file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Copies what can be read only once to a file without a name, which disappears with the process.
 */
async function copyToFile(stdin: Readable): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'cars-api-load-'));
  const file = await open(join(folder, 'cars.csv'), 'wx+', 0o600);
  await rm(folder, { recursive: true });
  await file.writeFile(stdin);
  return file;
}

async function statFile(file: FileHandle) {
  const stats = await file.stat({ bigint: true });
  // The file is read twice, which a pipe does not allow.
  if (!stats.isFile()) throw new UsageError('is not a regular file; to load from a pipe, use - as the file');
  return stats;
}

/**
 * Returns the start of the file as text. Throws {@link UsageError} for what is often mistaken for
 * CSV.
 */
async function readStart(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  const start = buffer.toString('latin1', 0, bytesRead);
  if (start.startsWith('PK\x03\x04'))
    throw new UsageError('is a workbook or another ZIP file; in Excel, save it as "CSV UTF-8"');
  if (start.startsWith('\x1f\x8b'))
    throw new UsageError('is compressed; decompress it: gunzip -c FILE | npm run load -- -');
  if (/^(\xff\xfe|\xfe\xff)/.test(start))
    throw new UsageError(`is not UTF-8 but UTF-16 text; ${SAVE_AS_UTF8}`);
  return start;
}

const SAVE_AS_UTF8 = 'in Excel, save it as "CSV UTF-8"';

async function validate(file: FileHandle, delimiter: string) {
  const hash = createHash('sha256');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let columns: Columns | undefined;
  let rowCount = 0;
  try {
    const records = readRecords(file, delimiter, (chunk) => {
      hash.update(chunk);
      utf8.decode(chunk, { stream: true });
    });
    for await (const { values } of records) {
      if (columns === undefined) columns = parseHeader(values);
      else rowCount += 1;
    }
    utf8.decode();
  } catch (error) {
    const code = error instanceof TypeError && 'code' in error ? error.code : undefined;
    throw code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      ? new UsageError(`is not UTF-8 text; ${SAVE_AS_UTF8}`)
      : error;
  }
  if (columns === undefined) throw new UsageError('is empty; its first line must name the columns');
  return { fingerprint: hash.digest('base64url'), columns, rowCount };
}
