/** What the page shows, which is also in the fragment of its URL: a view can be shared, and the service never sees it. */

import { computed, effect, signal } from '@preact/signals';
import { type FieldName, type Filter, filterQuery, type SortField } from '../api/cars.ts';

export interface SortTerm {
  readonly field: SortField;
  readonly descending: boolean;
}

export interface View {
  readonly shows: 'list' | 'charts';
  readonly filter: Filter;
  /** Empty for the order of ids. */
  readonly sort: readonly SortTerm[];
}

/** A request sorts by this many columns at most. */
const MAX_SORT_TERMS = 3;

const FIELDS: readonly string[] = ['id', 'brand', 'model', 'year'] satisfies SortField[];

export const NO_FILTER: Filter = {
  q: '',
  brand: [],
  model: [],
  year: [],
  yearMin: undefined,
  yearMax: undefined,
};

export const view = signal(parseView(location.hash));

/** A text that is equal for equal filters. */
export const filterKey = computed(() => filterQuery(view.value.filter).toString());

export const sortParameter = computed(() => formatSort(view.value.sort) || 'id');

/** Changes the filter and keeps the rest. */
export function filterBy(change: Partial<Filter>): void {
  view.value = { ...view.value, filter: { ...view.value.filter, ...change } };
}

export function isFilteredBy(column: FieldName): boolean {
  const { filter } = view.value;
  const hasRange = filter.yearMin !== undefined || filter.yearMax !== undefined;
  return filter[column].length > 0 || (column === 'year' && hasRange);
}

/** What to change so that a column does not filter. */
export function withoutColumn(column: FieldName): Partial<Filter> {
  return { [column]: [], ...(column === 'year' && { yearMin: undefined, yearMax: undefined }) };
}

export function show(shows: View['shows']): void {
  view.value = { ...view.value, shows };
}

/**
 * Sorts by a column: ascending, then descending, then not. With `add`, after the columns that sort already. A column that
 * sorts keeps its place.
 */
export function sortBy(field: SortField, add: boolean): void {
  const { sort } = view.value;
  const term = sort.find((other) => other.field === field);
  const kept = add ? sort : sort.filter((other) => other === term);
  const next =
    term === undefined
      ? [...kept, { field, descending: false }].slice(0, MAX_SORT_TERMS)
      : kept.flatMap((other) =>
          other !== term ? other : term.descending ? [] : { field, descending: true },
        );
  view.value = { ...view.value, sort: next };
}

/** Keeps the URL and the view equal, in both directions. */
export function followUrl(): void {
  addEventListener('hashchange', () => {
    if (location.hash !== formatView(view.peek())) view.value = parseView(location.hash);
  });
  effect(() => {
    const hash = formatView(view.value);
    if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname);
  });
}

/** Ignores what it does not understand. */
export function parseView(hash: string): View {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const values = (name: string) => [...new Set(parameters.getAll(name))];
  const numbers = (name: string) => [...new Set(values(name).map(Number))].filter(Number.isInteger);
  return {
    shows: parameters.get('view') === 'charts' ? 'charts' : 'list',
    filter: {
      q: parameters.get('q') ?? '',
      brand: values('brand'),
      model: values('model'),
      year: numbers('year'),
      yearMin: numbers('yearMin')[0],
      yearMax: numbers('yearMax')[0],
    },
    sort: (parameters.get('sort') ?? '')
      .split(',')
      .map((term) => ({ field: term.replace('-', '') as SortField, descending: term.startsWith('-') }))
      .filter(({ field }) => FIELDS.includes(field))
      .slice(0, MAX_SORT_TERMS),
  };
}

function formatView({ shows, filter, sort }: View): string {
  const parameters = filterQuery(filter);
  if (sort.length > 0) parameters.set('sort', formatSort(sort));
  if (shows === 'charts') parameters.set('view', shows);
  const text = parameters.toString();
  return text === '' ? '' : `#${text}`;
}

function formatSort(sort: readonly SortTerm[]): string {
  return sort.map(({ field, descending }) => `${descending ? '-' : ''}${field}`).join(',');
}
