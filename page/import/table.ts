/** Reads a CSV or NDJSON file into rows, each with the line on which it starts. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import Papa from 'papaparse';
import { FIELD_NAMES, type FieldName } from '../api/cars.ts';

export interface Row {
  readonly line: number;
  readonly values: readonly unknown[];
  /** Why the row cannot be read, if so. */
  readonly fault?: 'tooManyValues' | 'notJson';
}

export interface Table {
  readonly name: string;
  /** Of the whole file. */
  readonly hash: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Which column holds each field; undefined if none was chosen. */
export type Mapping = Readonly<Record<FieldName, number | undefined>>;

/** Why a file cannot be imported. */
export class FileError extends Error {
  readonly reason: 'notUtf8' | 'tooBig' | 'noRows' | 'quote';
  readonly line: number;

  constructor(reason: FileError['reason'], line = 1) {
    super(reason);
    this.reason = reason;
    this.line = line;
  }
}

/** The rows are kept in memory. */
const MAX_BYTES = 50 * 1024 * 1024;

/** Names of the columns in the wild. */
const SYNONYMS: Readonly<Record<FieldName, readonly string[]>> = {
  brand: ['brand', 'make', 'manufacturer', 'marca', 'fabricante'],
  model: ['model', 'modelo'],
  year: ['year', 'model year', 'modelyear', 'año', 'ano'],
};

/** Throws {@link FileError}. */
export async function readTable(file: File): Promise<Table> {
  if (file.size > MAX_BYTES) throw new FileError('tooBig');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = decode(bytes);
  const isJson = /\.(?:ndjson|jsonl)$/i.test(file.name) || /^\s*\{/.test(text);
  const { columns, rows } = isJson ? parseNdjson(text) : parseCsv(text);
  if (rows.length === 0) throw new FileError('noRows');
  return { name: file.name, hash: bytesToHex(sha256(bytes)), columns, rows };
}

/** Text in another encoding is never guessed. Drops a byte order mark. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new FileError('notUtf8');
    throw error;
  }
}

type Parsed = Pick<Table, 'columns' | 'rows'>;

function parseCsv(file: string): Parsed {
  // Programs that append to a file may end lines in another way than its first ones.
  const text = file.replace(/\r\n?/g, '\n');
  const rows: Row[] = [];
  let columns: readonly string[] | undefined;
  let line = 1;
  let end = 0;
  Papa.parse<string[]>(text, {
    newline: '\n',
    delimitersToGuess: [',', ';', '\t'],
    step({ data, errors, meta }) {
      const start = line;
      line += text.slice(end, meta.cursor).match(/\n/g)?.length ?? 0;
      end = meta.cursor;
      if (data.every((value) => value.trim() === '')) return;
      // Nobody knows where such a row ends: the rows after it may be part of it.
      if (errors.some(({ type }) => type === 'Quotes')) throw new FileError('quote', start);
      if (columns === undefined) columns = data;
      // A value may have been split at a comma, so the columns are not the right ones. Empty values at the end are harmless.
      else if (data.findLastIndex((value) => value.trim() !== '') >= columns.length)
        rows.push({ line: start, values: data, fault: 'tooManyValues' });
      else rows.push({ line: start, values: data });
    },
  });
  return { columns: columns ?? [], rows };
}

function parseNdjson(text: string): Parsed {
  const objects = text.split(/\r\n|\n/).flatMap((source, index) => {
    if (source.trim() === '') return [];
    return [{ line: index + 1, source, object: parseObject(source) }];
  });
  const columns = [...new Set(objects.flatMap(({ object }) => Object.keys(object ?? {})))];
  const rows = objects.map(
    ({ line, source, object }): Row =>
      object === undefined
        ? { line, values: [source], fault: 'notJson' }
        : { line, values: columns.map((column) => object[column]) },
  );
  return { columns, rows };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The columns by their names. */
export function guessMapping(columns: readonly string[]): Mapping {
  const names = columns.map((name) => name.trim().toLowerCase());
  const guess = (field: FieldName) => {
    const index = names.findIndex((name) => SYNONYMS[field].includes(name));
    return index < 0 ? undefined : index;
  };
  return { brand: guess('brand'), model: guess('model'), year: guess('year') };
}

/** What is sent for a row. The service explains what is wrong with it. */
export function fieldsOfRow({ values }: Row, mapping: Mapping): Record<FieldName, unknown> {
  const value = (field: FieldName) => {
    const column = mapping[field];
    return column === undefined ? undefined : (values[column] ?? '');
  };
  return { brand: value('brand'), model: value('model'), year: readYear(value('year')) };
}

/** Spreadsheets and pandas may write a year as 2018.0. */
function readYear(value: unknown): unknown {
  return typeof value === 'string' && /^\s*-?\d{1,9}(?:\.0+)?\s*$/.test(value) ? Number(value) : value;
}

export function isComplete(mapping: Mapping): boolean {
  return FIELD_NAMES.every((field) => mapping[field] !== undefined);
}
