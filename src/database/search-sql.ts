/**
 * Lists of cars of which a text starts with a prefix. Each searched field has its cars in one or two
 * ranges of its index. A page is merged from the first cars of each range.
 */

import { type CarListQuery, SEARCHED_FIELDS, type SearchedField } from '../cars/car-list.ts';
import { type KeyRange, prefixRanges } from '../cars/text-prefix.ts';
import {
  COLUMN,
  filterConditions,
  isNarrowed,
  keyRange,
  orderingIndex,
  type PagePart,
  type SqlPart,
} from './list-sql.ts';

/** The index from which a range is read: the smallest that has what a list needs. */
const RANGE_INDEX: Record<SearchedField, string> = {
  brand: 'cars_by_brand_and_year',
  model: 'cars_by_model',
};

interface SearchedRange {
  readonly field: SearchedField;
  readonly range: KeyRange;
}

function searchedRanges(q: string): SearchedRange[] {
  return SEARCHED_FIELDS.flatMap((field) => prefixRanges(q).map((range) => ({ field, range })));
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
 * `sortedMatches`.
 */
export function countMatches(q: string, { sortedMatches, indexed }: SearchRules): SqlPart {
  const counts = searchedRanges(q).map(({ field, range }, index) => {
    const { sql, values } = keyRange(COLUMN[field], range);
    const matches = `SELECT 1 FROM ${indexed(`cars_by_${field}`)} WHERE ${sql} LIMIT ${sortedMatches + 1}`;
    return { sql: `(SELECT COUNT(*) FROM (${matches}) AS matches_${index}) AS range_${index}`, values };
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
  { sortedMatches }: SearchRules,
): PagePart[] {
  const { q = '', ...others } = filter;
  const inOrder = orderOf(sort, filter);
  return searchedRanges(q).map(({ field, range }, index) => {
    const conditions = [keyRange(COLUMN[field], range), ...filterConditions(others)];
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
