/**
 * Lists of cars in ranges of an index: a text starts with a prefix, or the year is in a range. A page is
 * merged from the first cars of each range.
 */

import { type CarFilter, type CarListQuery, SEARCHED_FIELDS, type SearchedField } from '../cars/car-list.ts';
import { prefixRanges } from '../cars/text-prefix.ts';
import {
  COLUMN,
  filterConditions,
  isNarrowed,
  joinParts,
  keyRange,
  orderingIndex,
  type PagePart,
  type SqlPart,
} from './list-sql.ts';

/** The index from which a range is read: the smallest that has what a list needs. */
const RANGE_INDEX: Record<SearchedField | 'year', string> = {
  brand: 'cars_by_brand_and_year',
  model: 'cars_by_model',
  year: 'cars_by_year',
};

/** Counting costs time for each list, and most lists by year match many cars. */
const SORTED_YEARS = 20_000;

interface SelectedRange {
  readonly field: SearchedField | 'year';
  readonly condition: SqlPart;
  /** Up to this many cars are read and sorted. */
  readonly sortedMatches: number;
}

/**
 * Whether a list has to be planned with {@link countMatches}. Otherwise, a list by a year that few
 * cars have would read all cars in the order of another field.
 */
export function isPlanned({ filter, sort }: CarListQuery): boolean {
  if (filter.q !== undefined) return true;
  const hasYears = filter.yearMin !== undefined || filter.yearMax !== undefined;
  return hasYears && !isNarrowed(filter) && sort[0]?.field !== 'year';
}

function selectedRanges(filter: CarFilter, { sortedMatches }: SearchRules): SelectedRange[] {
  const { q, yearMin, yearMax } = filter;
  if (q === undefined) {
    const conditions = filterConditions({
      ...(yearMin !== undefined && { yearMin }),
      ...(yearMax !== undefined && { yearMax }),
    });
    const condition = joinParts(conditions, ' AND ');
    return [{ field: 'year', condition, sortedMatches: Math.min(sortedMatches, SORTED_YEARS) }];
  }
  return SEARCHED_FIELDS.flatMap((field) =>
    prefixRanges(q).map((range) => ({ field, condition: keyRange(COLUMN[field], range), sortedMatches })),
  );
}

/**
 * How an engine searches. Up to `sortedMatches` cars of a range are read and sorted for one page. If
 * more match, the page is read in the order of its sort, which usually finds enough cars soon.
 */
export interface SearchRules {
  readonly sortedMatches: number;
  /** The table with an index, in the engine's syntax. */
  readonly indexed: (index: string) => string;
}

/**
 * A statement with one row, in which each column counts the matches of a range, up to one more than
 * are sorted.
 */
export function countMatches({ filter }: CarListQuery, rules: SearchRules): SqlPart {
  const counts = selectedRanges(filter, rules).map(({ field, condition, sortedMatches }, index) => {
    const source = rules.indexed(`cars_by_${field}`);
    const matches = `SELECT 1 FROM ${source} WHERE ${condition.sql} LIMIT ${sortedMatches + 1}`;
    return {
      sql: `(SELECT COUNT(*) FROM (${matches}) AS matches_${index}) AS range_${index}`,
      values: condition.values,
    };
  });
  return {
    sql: `SELECT ${counts.map(({ sql }) => sql).join(', ')}`,
    values: counts.flatMap(({ values }) => values),
  };
}

/** @param matches the row of {@link countMatches}. */
export function searchParts(
  { filter, sort }: CarListQuery,
  matches: readonly number[],
  rules: SearchRules,
): PagePart[] {
  const { q: _, ...others } = filter;
  const inOrder = orderOf(sort, filter);
  return selectedRanges(filter, rules).map(({ field, condition, sortedMatches }, index) => {
    const conditions = field === 'year' ? filterConditions(others) : [condition, ...filterConditions(others)];
    const isSortedByField = inOrder?.index === `cars_by_${field}`;
    const isWide = (matches[index] ?? 0) > sortedMatches;
    if (isSortedByField || isWide) return { index: undefined, backward: false, ...inOrder, conditions };
    return { index: RANGE_INDEX[field], backward: false, conditions };
  });
}

/** The index in the order of the sort. Undefined if there is none, or if another may be better. */
function orderOf(
  sort: CarListQuery['sort'],
  filter: CarListQuery['filter'],
): Omit<PagePart, 'conditions'> | undefined {
  if (sort[0]?.field === 'id' && !isNarrowed(filter)) return { index: 'PRIMARY', backward: false };
  const ordering = orderingIndex(sort, filter);
  return ordering && { index: ordering.name, backward: ordering.backward };
}
