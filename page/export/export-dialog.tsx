/** Exports the cars that the list shows. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { filterQuery } from '../api/cars.ts';
import { isAbort } from '../api/problem.ts';
import { list } from '../list/car-list.ts';
import { closeTask } from '../state/task.ts';
import { view } from '../state/view.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { Dialog } from '../ui/dialog.tsx';
import { download } from '../ui/download.ts';
import { notify } from '../ui/notices.tsx';
import { exportCars, type Format } from './export-cars.ts';

const TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv;charset=utf-8',
  ndjson: 'application/x-ndjson',
};

export function ExportDialog() {
  const { export: words, carsCount, cars, cancel } = texts.value;
  const [format, setFormat] = useState<Format>('csv');
  const [isSafe, setSafe] = useState(false);
  const [received, setReceived] = useState<number>();
  const [error, setError] = useState<string>();
  const abort = useRef(new AbortController());
  const total = list.value?.total.value;

  useEffect(() => () => abort.current.abort(), []);

  async function start(event: Event): Promise<void> {
    event.preventDefault();
    setReceived(0);
    setError(undefined);
    try {
      const options = { format, safe: isSafe };
      const parts = await exportCars(
        filterQuery(view.value.filter),
        options,
        setReceived,
        abort.current.signal,
      );
      const name = `cars.${format}`;
      download(name, TYPES[format], parts);
      notify(words.done(name));
      closeTask();
    } catch (reason) {
      if (!isAbort(reason)) setError(words.failed(describeError(reason)));
      setReceived(undefined);
    }
  }

  return (
    <Dialog title={words.title} close={closeTask}>
      <form class="export" onSubmit={(event) => void start(event)}>
        <p class="muted">{words.what(total === undefined ? cars : carsCount(total, formatNumber(total)))}</p>
        <fieldset class="options">
          <legend class="label">{words.format}</legend>
          {(['csv', 'ndjson'] as const).map((name) => (
            <label key={name} class="value">
              <input type="radio" name="format" checked={format === name} onChange={() => setFormat(name)} />
              {words[name]}
            </label>
          ))}
        </fieldset>
        <label class="value">
          <input
            type="checkbox"
            checked={isSafe}
            disabled={format !== 'csv'}
            onChange={({ currentTarget }) => setSafe(currentTarget.checked)}
          />
          <span>
            {words.safe}
            <span class="hint block">{words.safeHint}</span>
          </span>
        </label>
        {error !== undefined && (
          <p class="error-text" role="alert">
            {error}
          </p>
        )}
        <div class="dialog-actions">
          {received !== undefined && (
            <p class="muted" role="status">
              {words.running(carsCount(received, formatNumber(received)))}
            </p>
          )}
          <button type="button" class="button" onClick={closeTask}>
            {cancel}
          </button>
          <button type="submit" class="button primary" disabled={received !== undefined}>
            {words.start}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
