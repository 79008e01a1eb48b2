/** What the list is filtered by, each with a button that removes it. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Filter } from '../api/cars.ts';
import { filterBy, NO_FILTER, view } from '../state/view.ts';
import { texts } from '../texts/texts.ts';
import { Icon } from '../ui/icon.tsx';
import { focusContent } from './grid-focus.ts';

export function ActiveFilters() {
  const words = texts.value;
  const chips = describeFilter(view.value.filter);
  const bar = useRef<HTMLUListElement>(null);
  const removed = useRef<number | undefined>(undefined);

  // The button that was pressed is gone, so the chip that takes its place gets the focus.
  useLayoutEffect(() => {
    const index = removed.current;
    if (index === undefined) return;
    removed.current = undefined;
    const left = bar.current?.querySelectorAll<HTMLElement>('.chip') ?? [];
    if (left.length > 0) left[Math.min(index, left.length - 1)]?.focus();
    else focusContent();
  });
  const remove = (index: number, change: Partial<Filter>) => {
    removed.current = index;
    filterBy(change);
  };
  if (chips.length === 0) return null;
  return (
    <ul ref={bar} class="chips" aria-label={words.filter.active}>
      {chips.map(({ label, without }, index) => (
        <li key={label}>
          <button
            type="button"
            class="chip"
            aria-label={words.filter.remove(label)}
            onClick={() => remove(index, without)}
          >
            <span>{label}</span>
            <Icon name="close" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" class="button quiet" onClick={() => remove(0, NO_FILTER)}>
            {words.clearFilters}
          </button>
        </li>
      )}
    </ul>
  );
}

interface Chip {
  readonly label: string;
  readonly without: Partial<Filter>;
}

function describeFilter({ q, brand, model, year, yearMin, yearMax }: Filter): Chip[] {
  const { filter: words, fields } = texts.value;
  const ofYear = (label: string) => `${fields.year}: ${label}`;
  return [
    ...(q === '' ? [] : [{ label: words.q(q), without: { q: '' } }]),
    ...brand.map((value) => ({
      label: `${fields.brand}: ${value}`,
      without: { brand: brand.filter((other) => other !== value) },
    })),
    ...model.map((value) => ({
      label: `${fields.model}: ${value}`,
      without: { model: model.filter((other) => other !== value) },
    })),
    ...year.map((value) => ({
      label: ofYear(String(value)),
      without: { year: year.filter((other) => other !== value) },
    })),
    ...(yearMin === undefined
      ? []
      : [{ label: ofYear(words.yearFrom(yearMin)), without: { yearMin: undefined } }]),
    ...(yearMax === undefined
      ? []
      : [{ label: ofYear(words.yearTo(yearMax)), without: { yearMax: undefined } }]),
  ];
}
