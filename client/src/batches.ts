/** Splits rows into batches, sends a few at a time, and reports each of them. */

import { type CsvRecord, splitCsv, type TextSource } from './csv.ts';
import type { components } from './openapi.ts';

type Answer = components['schemas']['CarBatch'];

/** Rows that are sent together. */
export interface Batch<Row> {
  readonly type: 'application/x-ndjson' | 'text/csv';
  readonly body: string;
  readonly rows: readonly Row[];
  /** The line of each row in the source. */
  readonly lines: readonly number[];
  /** The line of each row in the body. */
  readonly bodyLines: readonly number[];
}

/** What became of the rows of one batch. */
export interface BatchReport<Row> {
  /** The number of the batch, from 0. */
  readonly batch: number;
  readonly rows: number;
  readonly created: number;
  /** Ranges of ids, first and last, in the order of the rows that were created. */
  readonly ids: Answer['ids'];
  readonly rejected: readonly RejectedRow<Row>[];
  /** Whether an earlier run created these cars. */
  readonly replayed: boolean;
}

export interface RejectedRow<Row> {
  /** The line in a CSV text; otherwise, the number of the row, from 1. */
  readonly line: number;
  readonly row: Row;
  readonly problem: Answer['rejected'][number]['problem'];
}

/** What the service accepts in one request. */
export const MAX_ROWS = 1000;
const MAX_BYTES = 1024 * 1024;

/** UTF-8 needs at most three bytes for each UTF-16 code unit. */
const MAX_LENGTH = Math.floor(MAX_BYTES / 3);

export async function* batchRows<Row>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  maxRows: number,
): AsyncGenerator<Batch<Row>> {
  async function* items() {
    let line = 1;
    for await (const row of rows) {
      yield { row, line, text: `${JSON.stringify(row)}\n`, lineBreaks: 1 };
      line += 1;
    }
  }
  yield* group(items(), { type: 'application/x-ndjson', header: '', headerLines: 0 }, maxRows);
}

/** The rows of the batches are records as they stand in the text. */
export async function* batchCsv(text: TextSource, maxRows: number): AsyncGenerator<Batch<string>> {
  const groups = splitCsv(text);
  const { value: first = [] } = await groups.next();
  const [header, ...others] = first as CsvRecord[];
  if (header === undefined) return;
  async function* items() {
    for (const record of others) yield toItem(record);
    for await (const records of groups) for (const record of records) yield toItem(record);
  }
  const { text: start, lineBreaks: headerLines } = toItem(header);
  yield* group(items(), { type: 'text/csv', header: start, headerLines }, maxRows);
}

function toItem({ line, text }: CsvRecord): Item<string> {
  return { row: text, line, text: `${text}\n`, lineBreaks: text.split(/\r\n|\n|\r/).length };
}

interface Item<Row> {
  readonly row: Row;
  readonly line: number;
  readonly text: string;
  readonly lineBreaks: number;
}

interface Frame {
  readonly type: Batch<unknown>['type'];
  readonly header: string;
  readonly headerLines: number;
}

async function* group<Row>(
  items: AsyncIterable<Item<Row>>,
  { type, header, headerLines }: Frame,
  maxRows: number,
): AsyncGenerator<Batch<Row>> {
  const start = () => ({ body: header, rows: [] as Row[], lines: [] as number[], bodyLines: [] as number[] });
  let batch = start();
  let bodyLine = 1 + headerLines;
  for await (const { row, line, text, lineBreaks } of items) {
    if (
      batch.rows.length === maxRows ||
      (batch.rows.length > 0 && batch.body.length + text.length > MAX_LENGTH)
    ) {
      yield { type, ...batch };
      batch = start();
      bodyLine = 1 + headerLines;
    }
    batch.body += text;
    batch.rows.push(row);
    batch.lines.push(line);
    batch.bodyLines.push(bodyLine);
    bodyLine += lineBreaks;
  }
  if (batch.rows.length > 0) yield { type, ...batch };
}

/** Sends a few batches at a time, and yields their reports in order. */
export async function* sendBatches<Row>(
  batches: AsyncIterable<Batch<Row>>,
  sendBatch: (batch: Batch<Row>, number: number) => Promise<BatchReport<Row>>,
  concurrency: number,
): AsyncGenerator<BatchReport<Row>> {
  const inFlight: Promise<BatchReport<Row>>[] = [];
  let number = 0;
  for await (const batch of batches) {
    const report = sendBatch(batch, number);
    // A failure is thrown when it is this batch's turn.
    report.catch(() => {});
    inFlight.push(report);
    number += 1;
    if (inFlight.length < concurrency) continue;
    const next = inFlight.shift();
    if (next !== undefined) yield await next;
  }
  for (const report of inFlight) yield await report;
}

/** Gives the rejected rows their lines in the source. */
export function toReport<Row>(batch: Batch<Row>, number: number, answer: Answer, replayed: boolean) {
  const rejected = answer.rejected.map(({ line, problem }) => {
    const index = batch.bodyLines.indexOf(line);
    return { line: batch.lines[index] ?? 0, row: batch.rows[index] as Row, problem };
  });
  return {
    batch: number,
    rows: batch.rows.length,
    created: answer.created,
    ids: answer.ids,
    rejected,
    replayed,
  };
}
