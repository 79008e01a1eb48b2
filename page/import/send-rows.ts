/**
 * Sends the rows of a table in batches, one after another, so that the cars have the order of the file. The key of each batch
 * comes from the file's content, so that sending a file again creates nothing twice.
 */

import { createBatch, FIELD_NAMES } from '../api/cars.ts';
import type { Fault } from '../api/problem.ts';
import { checkDraft, type Faults } from '../edit/car-rules.ts';
import { texts } from '../texts/texts.ts';
import { fieldsOfRow, type Mapping, type Row, type Table } from './table.ts';

/** Limits of a batch. The bytes leave room below the service's limit of 1 MiB. */
const MAX_ROWS = 1000;
const MAX_BYTES = 900_000;

/** More would only fill the memory: a file with so many faults is of another kind. */
const MAX_KEPT = 100_000;

export interface RejectedRow {
  readonly row: Row;
  readonly reason: string;
}

export interface Progress {
  /** So many rows from the start of the file are created or rejected. */
  readonly done: number;
  readonly created: number;
  /** Created by an earlier import of the same file. */
  readonly earlier: number;
  readonly rejectedCount: number;
  readonly rejected: readonly RejectedRow[];
}

export const NO_PROGRESS: Progress = { done: 0, created: 0, earlier: 0, rejectedCount: 0, rejected: [] };

interface Batch {
  /** What is sent. */
  readonly rows: readonly Row[];
  /** Rows among them that cannot be read. */
  readonly broken: readonly Row[];
  readonly lines: string;
}

/** Rejects if a batch fails for good, or the signal aborts. */
export async function sendRows(
  table: Table,
  mapping: Mapping,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  let progress = NO_PROGRESS;
  const add = ({ done, created, earlier, rejected }: Omit<Progress, 'rejectedCount'>) => {
    progress = {
      done: progress.done + done,
      created: progress.created + created,
      earlier: progress.earlier + earlier,
      rejectedCount: progress.rejectedCount + rejected.length,
      rejected: [...progress.rejected, ...rejected].slice(0, MAX_KEPT),
    };
    report(progress);
  };
  const columns = FIELD_NAMES.map((name) => mapping[name]).join('.');
  let count = 0;
  for (const { rows, broken, lines } of splitRows(table.rows, mapping)) {
    const unreadable = broken.flatMap((row) =>
      row.fault === undefined ? [] : [{ row, reason: texts.value.import[row.fault] }],
    );
    if (rows.length === 0) {
      add({ done: broken.length, created: 0, earlier: 0, rejected: unreadable });
      continue;
    }
    count += 1;
    const key = `import-${table.hash}-${columns}-${count}`;
    const { created, isReplayed, rejected } = await createBatch(lines, key, signal);
    const refused = rejected.flatMap(({ line, problem }) => rejectedRow(rows[line - 1], mapping, problem));
    add({
      done: rows.length + broken.length,
      created: isReplayed ? 0 : created,
      earlier: isReplayed ? created : 0,
      rejected: [...unreadable, ...refused].sort((a, b) => a.row.line - b.row.line),
    });
  }
}

function rejectedRow(
  row: Row | undefined,
  mapping: Mapping,
  { detail, errors = [] }: { detail: string; errors?: readonly Fault[] },
): RejectedRow[] {
  if (row === undefined) return [];
  const { brand, model, year } = fieldsOfRow(row, mapping);
  const rules = checkDraft({ brand: String(brand), model: String(model), year: String(year) });
  const faults = errors.map((fault) => explain(fault, rules));
  return [{ row, reason: faults.join('; ') || detail }];
}

/** In the visitor's language, if the page knows the rule. */
function explain({ pointer = '', detail }: Fault, rules: Faults): string {
  const name = FIELD_NAMES.find((field) => pointer === `/${field}`);
  return name === undefined
    ? `${pointer.slice(1)} ${detail}`.trim()
    : `${texts.value.fields[name]}: ${rules[name] ?? detail}`;
}

/** The same rows always make the same batches. */
function* splitRows(rows: readonly Row[], mapping: Mapping): Generator<Batch, undefined> {
  let batch: Row[] = [];
  let broken: Row[] = [];
  let lines: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (row.fault !== undefined) {
      broken.push(row);
      continue;
    }
    const line = `${JSON.stringify(fieldsOfRow(row, mapping))}\n`;
    // A character has 3 bytes at most for each unit of UTF-16.
    const size = line.length * 3;
    if (batch.length === MAX_ROWS || (batch.length > 0 && bytes + size > MAX_BYTES)) {
      yield { rows: batch, broken, lines: lines.join('') };
      batch = [];
      broken = [];
      lines = [];
      bytes = 0;
    }
    batch.push(row);
    lines.push(line);
    bytes += size;
  }
  if (batch.length > 0 || broken.length > 0) yield { rows: batch, broken, lines: lines.join('') };
}
