/** What became of the rows of a file. */

import Papa from 'papaparse';
import { closeTask } from '../state/task.ts';
import { isolate } from '../texts/isolate.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { BYTE_ORDER_MARK, download } from '../ui/download.ts';
import type { Progress, RejectedRow } from './send-rows.ts';
import type { Table } from './table.ts';

const SHOWN = 50;

/** Characters of a value. A row with a fault may hold anything. */
const SHOWN_OF_VALUE = 200;

interface ImportResultProps {
  readonly table: Table;
  readonly progress: Progress;
  readonly again: () => void;
}

export function ImportResult({ table, progress, again }: ImportResultProps) {
  const { import: words, close } = texts.value;
  const { created, earlier, rejected, rejectedCount } = progress;
  return (
    <>
      <div role="status">
        <dl class="figures">
          <div>
            <dd>{formatNumber(created)}</dd>
            <dt>{words.created}</dt>
          </div>
          {earlier > 0 && (
            <div>
              <dd>{formatNumber(earlier)}</dd>
              <dt>{words.earlier}</dt>
            </div>
          )}
          <div class={rejectedCount > 0 ? 'error-text' : ''}>
            <dd>{formatNumber(rejectedCount)}</dd>
            <dt>{words.rejected}</dt>
          </div>
        </dl>
      </div>
      {rejected.length > 0 && (
        <>
          <table class="preview rejected" aria-label={words.rejectedTitle}>
            <thead>
              <tr>
                <th scope="col">{words.line}</th>
                <th scope="col">{words.row}</th>
                <th scope="col">{words.reason}</th>
              </tr>
            </thead>
            <tbody>
              {rejected.slice(0, SHOWN).map(({ row, reason }) => (
                <tr key={row.line}>
                  <td class="muted">{formatNumber(row.line)}</td>
                  <td>{row.values.map((value) => isolate(cut(toText(value)))).join(', ')}</td>
                  <td class="error-text">{reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {rejectedCount > rejected.length && (
            <p class="hint">{words.keptOnly(formatNumber(rejected.length))}</p>
          )}
          {rejectedCount > SHOWN && <p class="hint">{words.firstOnly(formatNumber(SHOWN))}</p>}
        </>
      )}
      <div class="dialog-actions">
        {rejected.length > 0 && (
          <button type="button" class="button" onClick={() => downloadRejected(table, rejected)}>
            {words.download}
          </button>
        )}
        <button type="button" class="button" onClick={again}>
          {words.again}
        </button>
        <button type="button" class="button primary" onClick={closeTask}>
          {close}
        </button>
      </div>
    </>
  );
}

/** The rows as they were, with their lines and reasons, to be corrected and imported again. */
function downloadRejected({ name, columns }: Table, rejected: readonly RejectedRow[]): void {
  const rows = rejected.map(({ row, reason }) => [
    // All values of a row that has too many: it is rejected again until somebody corrects it.
    ...(row.values.length > columns.length ? row.values : columns.map((_, index) => row.values[index])).map(
      toText,
    ),
    row.line,
    reason,
  ]);
  const text = Papa.unparse([[...columns, 'line', 'reason'], ...rows]);
  download(`${name.replace(/\.[^.]+$/, '')}-rejected.csv`, 'text/csv;charset=utf-8', [BYTE_ORDER_MARK, text]);
}

function cut(text: string): string {
  return text.length > SHOWN_OF_VALUE ? `${text.slice(0, SHOWN_OF_VALUE)}…` : text;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}
