/** The CSV file: validated completely before the first car is sent, then read again row by row. */

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type CarFields, FIELD_NAMES, type FieldName } from '../../src/cars/car.ts';
import { readRecords } from './csv-records.ts';
import { UsageError } from './options.ts';

/** A row as it is sent. A year that is not an integer stays text, and the service explains the fault. */
export type RowFields = { readonly [Name in FieldName]: CarFields[Name] | string };

/** A row of the file. A row with a `fault` is not sent. */
export type Row = { readonly line: number } & ({ readonly fields: RowFields } | { readonly fault: string });

export interface CsvFile {
  /** SHA-256 of the content, base64url. Part of each Idempotency-Key, so an edited file creates new cars. */
  readonly fingerprint: string;
  readonly rowCount: number;
  /** Throws when the file was changed since it was validated. */
  readonly rows: () => AsyncGenerator<Row>;
  readonly close: () => Promise<void>;
}

/** Opens and validates the file. Throws {@link UsageError} when it is missing, not UTF-8, not CSV or lacks a column. */
export async function openCsvFile(path: string): Promise<CsvFile> {
  const file = await openFile(path);
  try {
    const { mtimeNs, size } = await statFile(file);
    const { fingerprint, columns, rowCount } = await validate(file);

    async function* rows(): AsyncGenerator<Row> {
      let header = true;
      for await (const { line, values } of readRecords(file)) {
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
    throw error instanceof UsageError ? new UsageError(`${path}: ${error.message}`) : error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw new UsageError(`cannot read the file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function statFile(file: FileHandle) {
  const stats = await file.stat({ bigint: true });
  // The file is read twice, which a pipe does not allow.
  if (!stats.isFile()) throw new UsageError('is not a regular file');
  return stats;
}

async function validate(file: FileHandle) {
  const hash = createHash('sha256');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let columns: readonly FieldName[] | undefined;
  let rowCount = 0;
  try {
    const records = readRecords(file, (chunk) => {
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
    throw code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? new UsageError('is not UTF-8 text') : error;
  }
  if (columns === undefined) throw new UsageError('is empty; its first line must name the columns');
  return { fingerprint: hash.digest('base64url'), columns, rowCount };
}

function parseHeader(values: readonly string[]): readonly FieldName[] {
  const names = values.map((value) => value.trim());
  const missing = FIELD_NAMES.filter((column) => !names.includes(column));
  const unknown = names.filter((name) => !FIELD_NAMES.some((column) => column === name));
  const faults = [
    ...missing.map((name) => `${name} is missing`),
    ...unknown.map((name) => `${JSON.stringify(name)} is unknown`),
  ];
  if (faults.length === 0 && names.length > FIELD_NAMES.length) faults.push('one appears twice');
  if (faults.length === 0) return names as FieldName[];
  throw new UsageError(
    `the first line must name the columns ${FIELD_NAMES.join(', ')}: ${faults.join(', ')}`,
  );
}

function toRow(line: number, values: readonly string[], columns: readonly FieldName[]): Row {
  if (values.length !== columns.length) {
    return { line, fault: `the row has ${values.length} columns, but the first line has ${columns.length}` };
  }
  const value = (column: FieldName) => values[columns.indexOf(column)] ?? '';
  const year = value('year');
  return { line, fields: { brand: value('brand'), model: value('model'), year: parseYear(year) } };
}

function parseYear(text: string): number | string {
  return /^-?(0|[1-9]\d*)$/.test(text.trim()) ? Number(text) : text;
}
