/** Reads the rows of a batch from its body: newline-delimited JSON, a JSON array, or CSV. */

import { FIELD_NAMES, FIELD_TYPES, type FieldName } from '../../cars/car.ts';
import { BATCH_MAX_CARS } from '../../cars/car-batch.ts';
import { type CsvRecord, MAX_ROW, readCsv, STEP } from './csv.ts';
import { cutName, Problem } from './problem.ts';

/** The media types of batches. Clients that know one type only use the first. */
export const BATCH_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const;
export type BatchType = (typeof BATCH_TYPES)[number];

/** A row that was read: the members of a car, which are not validated yet, or why it has none. */
export interface Row {
  /** The physical line on which it starts; in a JSON array, its index. */
  readonly line: number;
  readonly value: Record<string, unknown> | Problem;
}

/**
 * Arrays and objects in a JSON body, 50 for each row. An empty one takes 2 bytes of the body and 56 of
 * memory, so many bodies parsed one after another would exhaust a small heap before it is cleaned.
 */
const MAX_CONTAINERS = 50_000;

/** Members of a row. Validation reports each that a car does not have, so more are rejected before. */
const MAX_MEMBERS = 50;

/**
 * Reads row by row, so that the caller can pause between two of them, and where it yields undefined.
 * Throws a {@link Problem} if the body as a whole cannot be read.
 * @param ignoreExtra whether to drop members that a car does not have. An id is always dropped, so
 * that an export can be sent back.
 */
export function* readRows(type: BatchType, body: Buffer, ignoreExtra: boolean): Generator<Row | undefined> {
  const text = decode(body);
  yield* READERS[type](text, ignoreExtra);
}

const READERS = {
  'application/x-ndjson': readLines,
  'application/json': readArray,
  'text/csv': readTable,
} as const;

const strict = new TextDecoder('utf-8', { fatal: true });

/** Throws a 415 with the offset of the first byte that is not UTF-8. */
function decode(body: Buffer): string {
  try {
    return strict.decode(body);
  } catch {
    const offset = findInvalidByte(body);
    throw new Problem(
      'unsupported-media-type',
      `The body must be UTF-8. The bytes at offset ${offset} (0x${body.toString('hex', offset, offset + 1)}) are not.`,
    );
  }
}

/** Finds the longest start of the body that can be decoded, by bisection. */
function findInvalidByte(body: Buffer): number {
  let [valid, invalid] = [0, body.length + 1];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (decodedBytes(body.subarray(0, middle)) === undefined) invalid = middle;
    else valid = middle;
  }
  return decodedBytes(body.subarray(0, valid)) ?? 0;
}

/** The bytes of the whole characters at the start of a text whose last character may be cut; undefined if it is not UTF-8. */
function decodedBytes(bytes: Buffer): number | undefined {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return Buffer.byteLength(decoder.decode(bytes, { stream: true }));
  } catch {
    return undefined;
  }
}

/** Blank lines are skipped. */
function* readLines(text: string, ignoreExtra: boolean): Generator<Row | undefined> {
  let line = 1;
  for (let at = 0; at < text.length; line += 1) {
    const end = text.indexOf('\n', at);
    const json = text.slice(at, end === -1 ? text.length : end);
    at = end === -1 ? text.length : end + 1;
    if (json.trim() !== '') yield { line, value: parseLine(json, ignoreExtra) };
    else if (line % STEP === 0) yield undefined;
  }
}

function parseLine(json: string, ignoreExtra: boolean): Row['value'] {
  if (json.length > MAX_ROW) return tooLong();
  try {
    return toCarMembers(JSON.parse(json), ignoreExtra);
  } catch {
    return new Problem('bad-request', 'The line is not valid JSON.');
  }
}

/**
 * All rows at once, before the caller can pause: a parsed body may take thirty times the memory of
 * its bytes, and many batches would hold theirs at the same time.
 */
function readArray(text: string, ignoreExtra: boolean): Row[] {
  const values = parseArray(text);
  if (values.length > BATCH_MAX_CARS) throw tooManyRows();
  return values.map((value, line) => ({ line, value: toCarMembers(value, ignoreExtra) }));
}

function parseArray(text: string): unknown[] {
  if (hasTooManyContainers(text)) {
    const detail = `The body has more than ${MAX_CONTAINERS} arrays and objects.`;
    throw new Problem('content-too-large', detail);
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw new Problem('bad-request', 'The body is not valid JSON.');
  }
  if (!Array.isArray(values)) throw new Problem('invalid-batch', 'The body must be a JSON array.');
  return values;
}

/** Counts brackets and braces that open outside of strings. */
function hasTooManyContainers(json: string): boolean {
  let containers = 0;
  let isInString = false;
  for (let at = 0; at < json.length && containers <= MAX_CONTAINERS; at += 1) {
    const character = json[at];
    if (character === '"') isInString = !isInString;
    else if (isInString && character === '\\') at += 1;
    else if (!isInString && (character === '[' || character === '{')) containers += 1;
  }
  return containers > MAX_CONTAINERS;
}

export function tooManyRows(): Problem {
  return new Problem('content-too-large', `The batch has more than ${BATCH_MAX_CARS} rows.`);
}

function toCarMembers(value: unknown, ignoreExtra: boolean): Row['value'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return rowProblem('must be an object');
  return keepFields(value as Record<string, unknown>, ignoreExtra);
}

function tooLong(): Problem {
  return rowProblem(`is longer than ${MAX_ROW / 1024} KiB`);
}

/** A fault of a row as a whole. */
function rowProblem(detail: string): Problem {
  return new Problem('invalid-car', `The row ${detail}.`, { errors: [{ pointer: '', detail }] });
}

function keepFields(members: Record<string, unknown>, ignoreExtra: boolean): Row['value'] {
  if (!ignoreExtra && Object.keys(members).length > MAX_MEMBERS)
    return rowProblem(`has more than ${MAX_MEMBERS} members`);
  const names = ignoreExtra
    ? FIELD_NAMES.filter((name) => Object.hasOwn(members, name))
    : Object.keys(members).filter((name) => name !== 'id');
  return Object.fromEntries(names.map((name) => [name, withoutContent(members[name])]));
}

/** No field is an object or an array, so what is inside one need not be kept. */
function withoutContent(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? {} : value;
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(FIELD_TYPES, name);
}

const DELIMITERS = [',', ';', '\t'] as const;

function* readTable(text: string, ignoreExtra: boolean): Generator<Row | undefined> {
  let columns: readonly string[] | undefined;
  for (const record of readCsv(text, findDelimiter(text))) {
    if (record === undefined) yield undefined;
    else if (columns === undefined) {
      columns = toColumns(record);
      checkColumns(columns, ignoreExtra);
    } else yield { line: record.line, value: toMembers(columns, record) };
  }
  if (columns === undefined) throw badHeader('is missing');
}

/** Chooses the delimiter that finds the most columns of a car in the header. */
function findDelimiter(text: string): string {
  const start = text.slice(0, MAX_ROW);
  const dialects = DELIMITERS.map((delimiter) => {
    return { delimiter, found: readHeader(start, delimiter).filter(isField).length };
  });
  return dialects.reduce((best, other) => (other.found > best.found ? other : best)).delimiter;
}

/** Empty if the text is not CSV with this delimiter. */
function readHeader(text: string, delimiter: string): readonly string[] {
  try {
    for (const record of readCsv(text, delimiter)) if (record !== undefined) return toColumns(record);
    return [];
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}

function toColumns({ fields }: CsvRecord): readonly string[] {
  if (fields === undefined) throw badHeader(`is longer than ${MAX_ROW / 1024} KiB`);
  return fields.map((name) => name.trim().toLowerCase());
}

function badHeader(detail: string): Problem {
  return new Problem('invalid-batch', `The CSV header ${detail}.`);
}

function checkColumns(columns: readonly string[], ignoreExtra: boolean): void {
  const missing = FIELD_NAMES.filter((name) => !columns.includes(name));
  if (missing.length > 0) throw badHeader(`lacks the column ${missing.join(' and ')}`);
  const repeated = columns.find((name, index) => isField(name) && columns.indexOf(name) !== index);
  if (repeated !== undefined) throw badHeader(`has the column ${repeated} twice`);
  const extra = columns.find((name) => !isField(name) && name !== 'id');
  if (extra !== undefined && !ignoreExtra)
    throw badHeader(
      `has the column ${JSON.stringify(cutName(extra))}, which a car does not have; extra=ignore drops it`,
    );
}

function toMembers(columns: readonly string[], { fields }: CsvRecord): Row['value'] {
  if (fields === undefined) return tooLong();
  if (fields.length !== columns.length)
    return rowProblem(`has ${fields.length} values, but the header has ${columns.length} columns`);
  const members: Record<string, unknown> = {};
  for (const [index, name] of columns.entries())
    if (isField(name)) members[name] = convert(name, fields[index] ?? '');
  return members;
}

/** An integer may end in `.0`, as programs write it that know no integers beside missing values. */
const INTEGER = /^-?(?:0|[1-9]\d*)(?:\.0+)?$/;

function convert(name: FieldName, text: string): string | number {
  return FIELD_TYPES[name] === 'integer' && INTEGER.test(text.trim()) ? Number(text) : text;
}
