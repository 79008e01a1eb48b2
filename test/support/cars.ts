/** Short words for tests about cars: a car to start from, a sort as the API writes it, what became of a call. */

import { type CarFields, FIELD_NAMES } from '../../src/cars/car.ts';
import { CarError, type CarErrorCode } from '../../src/cars/car-error.ts';
import { completeSort, SORT_FIELDS, type SortTerm } from '../../src/cars/car-list.ts';
import { type Author, newUsage, type RequestContext } from '../../src/cars/request-context.ts';

/** Who makes the changes of a test. */
export const ann: Author = { caller: 'ann', requestId: 'r-1' };

/** A request made by Ann, or by another author. */
export function aRequest(author = ann, usage = newUsage()): RequestContext {
  return { author, usage };
}

export function aCar(fields: Partial<CarFields> = {}): CarFields {
  return { brand: 'Volkswagen', model: 'Golf', year: 2018, ...fields };
}

/** As many different cars as asked for, with many equal brands, models and years among them. */
export function manyCars(count: number): CarFields[] {
  const brands = ['Audi', 'audi', 'Škoda', 'Zastava', '🚗', '\uFFFD'];
  return Array.from({ length: count }, (_, index) => ({
    brand: brands[(index * 7) % brands.length] ?? '',
    model: `M${(index * 11) % 5}`,
    year: 2000 + ((index * 13) % 4),
  }));
}

/** `'brand,-year'` as a complete sort. */
export function sortOf(text: string): SortTerm[] {
  const terms = text.split(',').map((term) => {
    const name = term.replace('-', '');
    const field = SORT_FIELDS.find((candidate) => candidate === name);
    if (field === undefined) throw new Error(`no such sort field: ${name}`);
    return { field, descending: term.startsWith('-') };
  });
  return completeSort(terms);
}

/** Every sort that can be asked for with up to three fields, without those that say the same as another. */
export function everySort(): string[] {
  const longer = (sort: string[]) =>
    FIELD_NAMES.filter((field) => !sort.some((term) => term.endsWith(field))).flatMap((field) => [
      [...sort, field],
      [...sort, `-${field}`],
    ]);
  const one = longer([]);
  const two = one.flatMap(longer);
  const three = two.flatMap(longer);
  const byIdAtLast = [[], ...one, ...two].map((sort) => [...sort, '-id']);
  return [['id'], ...one, ...two, ...three, ...byIdAtLast].map((sort) => sort.join(','));
}

/** What a call gave, or the code of the error that it failed with; other errors are thrown on. */
export async function outcomeOf<Result>(call: Promise<Result>): Promise<Result | CarErrorCode> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CarError) return error.code;
    throw error;
  }
}

/** Asks for many things at once; gives what became of each. */
export function outcomesOf<Result>(calls: readonly Promise<Result>[]): Promise<(Result | CarErrorCode)[]> {
  return Promise.all(calls.map(outcomeOf));
}
