/** The panel that filters a column: the values that occur, how often, and for years a range. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { type Count, countBy, type FieldName, type Filter } from '../api/cars.ts';
import { isAbort } from '../api/problem.ts';
import { filterBy, isFilteredBy, view, withoutColumn } from '../state/view.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { YearRange } from './year-range.tsx';

/** The most that the service counts in one request, and accepts as alternatives of one filter. */
const MAX_VALUES = 1000;
const MAX_CHOICES = 20;

/** More than this are slow to draw, and nobody reads them. */
const MAX_SHOWN = 200;

export function ValueFilter({ column, close }: { column: FieldName; close: () => void }) {
  const { filter: words, fields } = texts.value;
  const { counts, error } = useCounts(column);
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  // On a touch screen, a keyboard would cover the values.
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  const chosen: readonly (string | number)[] = view.value.filter[column];
  const wanted = typed.trim().toLowerCase();
  const matching = (counts ?? []).filter(({ value }) => String(value).toLowerCase().includes(wanted));
  const exact = matching.find(({ value }) => String(value).toLowerCase() === wanted);

  return (
    <form
      class="value-filter"
      onSubmit={(event) => {
        event.preventDefault();
        // As it is stored, which may differ from the text in upper and lower case.
        const stored = exact ?? (matching.length === 1 ? matching[0] : undefined);
        if (wanted === '') close();
        else if (stored !== undefined) toggle(column, stored.value);
        else if (column !== 'year') choose(column, [...chosen, typed.trim()]);
      }}
    >
      {column === 'year' && <YearRange />}
      <input
        type="search"
        class="input"
        ref={field}
        placeholder={words.find(fields[column])}
        aria-label={words.find(fields[column])}
        value={typed}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <div class="values" role="group" aria-label={fields[column]}>
        {wanted !== '' && exact === undefined && column !== 'year' && (
          <button type="submit" class="value use-text">
            {words.use(typed.trim())}
          </button>
        )}
        {matching.slice(0, MAX_SHOWN).map(({ value, cars }) => (
          <label key={value} class="value">
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              disabled={!chosen.includes(value) && chosen.length >= MAX_CHOICES}
              onChange={() => toggle(column, value)}
            />
            <span class="value-text">{value}</span>
            <span class="value-count">{formatNumber(cars)}</span>
          </label>
        ))}
        {error !== undefined && <p class="hint error-text">{describeError(error)}</p>}
        {counts === undefined && error === undefined && <p class="hint">{texts.value.loading}</p>}
        {counts !== undefined && matching.length === 0 && wanted === '' && <p class="hint">{words.none}</p>}
      </div>
      {matching.length > MAX_SHOWN && <p class="hint">{words.moreValues(formatNumber(MAX_SHOWN))}</p>}
      {counts?.length === MAX_VALUES && wanted !== '' && (
        <p class="hint">{words.searchedValues(formatNumber(MAX_VALUES))}</p>
      )}
      {chosen.length >= MAX_CHOICES && <p class="hint">{words.tooMany(MAX_CHOICES)}</p>}
      <div class="panel-actions">
        <button
          type="button"
          class="button quiet"
          disabled={!isFilteredBy(column)}
          onClick={() => filterBy(withoutColumn(column))}
        >
          {words.clear}
        </button>
        <button type="button" class="button primary" onClick={close}>
          {words.done}
        </button>
      </div>
    </form>
  );
}

/** The values among the cars that all other filters allow. */
function useCounts(column: FieldName): { counts: Count[] | undefined; error: unknown } {
  const [counts, setCounts] = useState<Count[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const abort = new AbortController();
    const others: Filter = { ...view.peek().filter, ...withoutColumn(column) };
    countBy(column, others, MAX_VALUES, abort.signal).then(setCounts, (reason: unknown) => {
      if (!isAbort(reason)) setError(reason);
    });
    return () => abort.abort();
  }, [column]);
  // The newest years are the likeliest choice.
  return { counts: column === 'year' ? counts?.toReversed() : counts, error };
}

function toggle(column: FieldName, value: string | number): void {
  const chosen: readonly (string | number)[] = view.value.filter[column];
  choose(column, chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value]);
}

function choose(column: FieldName, values: readonly (string | number)[]): void {
  filterBy({ [column]: [...new Set(values)].slice(0, MAX_CHOICES) });
}
