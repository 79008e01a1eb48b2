/** Random calls on a store, as data that fast-check makes and shrinks, and how each is made. */

import fc from 'fast-check';
import { CAR_RULES, type CarFields, FIELD_NAMES, normaliseText } from '../../src/cars/car.ts';
import type { CountsQuery } from '../../src/cars/car-counts.ts';
import { type CarFilter, type CarListQuery, type PagePosition, positionOf } from '../../src/cars/car-list.ts';
import type { CarStore } from '../../src/cars/car-store.ts';
import type { IdempotencyKey } from '../../src/cars/idempotency.ts';
import { aRequest, everySort, outcomeOf, outcomesOf, sortOf } from './cars.ts';

export type Call =
  | { readonly call: 'create'; readonly fields: CarFields; readonly key: IdempotencyKey | undefined }
  | { readonly call: 'create at once'; readonly cars: readonly CarFields[] }
  | { readonly call: 'change at once'; readonly changes: readonly Change[] }
  | { readonly call: 'get at once'; readonly ids: readonly number[] }
  | { readonly call: 'list'; readonly query: ListAsked }
  | { readonly call: 'history'; readonly carId: number; readonly limit: number }
  | { readonly call: 'next page' }
  | { readonly call: 'count'; readonly filter: CarFilter }
  | { readonly call: 'counts'; readonly query: CountsQuery };

interface Change {
  readonly id: number;
  /** The precondition; without it, any version is right. */
  readonly version: number | undefined;
  readonly to: Partial<CarFields> | 'delete';
}

interface ListAsked {
  readonly filter: CarFilter;
  readonly sort: string;
  readonly limit: number;
  readonly after: PagePosition | undefined;
}

/** Letters that databases like to treat differently: accents, case, width, order beyond U+FFFF, SQL's own. */
const LETTERS = [
  ...[
    'a',
    'A',
    'z',
    'Z',
    '0',
    'é',
    'É',
    'e\u0301',
    'ß',
    'ẞ',
    'ss',
    'ı',
    'İ',
    'i',
    'I',
    'Σ',
    'σ',
    'ς',
    'Å',
    '\u212B',
  ],
  ...[
    'ǅ',
    'ﬁ',
    '\uFF21',
    '\u0958',
    'Ⱥ',
    '각',
    '\uE000',
    '\uFFFD',
    '🚗',
    '🚙',
    '𐐀',
    '𐐨',
    '\u{10FFFD}',
    '\u200B',
  ],
  ...[' ', "'", '"', '\\', '%', '_', '?', '`', '-- ', ':a', '\u00A0b'],
];

const isText = (text: string) =>
  text !== '' && [...text].length <= CAR_RULES.textMaxLength && !/[\p{Cc}\p{Cs}]/u.test(text);

const word = (unit: fc.Arbitrary<string>, maxLength: number) =>
  fc.string({ unit, minLength: 1, maxLength }).map(normaliseText).filter(isText);

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('Audi', 'audi', 'É', 'é', '🚗', '\uFFFD') },
  { weight: 4, arbitrary: word(fc.constantFrom(...LETTERS), 3) },
  { weight: 1, arbitrary: word(fc.constantFrom('𐐀', '\uFFFD', '🚗'), CAR_RULES.textMaxLength) },
  { weight: 1, arbitrary: word(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), 6) },
);

const year = fc.constantFrom(CAR_RULES.yearMin, 1999, 2000, 2001, CAR_RULES.yearMax);
const anyInteger = fc.oneof(year, fc.constantFrom(0, -1, 65_536, 2 ** 32, CAR_RULES.idMax));
const id = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 2, CAR_RULES.idMax) },
);

const fields: fc.Arbitrary<CarFields> = fc.record({ brand: text, model: text, year });
const someFields = fc.record({ brand: text, model: text, year }, { requiredKeys: [] });
const someOf = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: 1, maxLength: 3 });
/** The first two code points, which may end in the middle of what the key composes. */
const startOf = (whole: string) => Array.from(whole).slice(0, 2).join('');
const filter: fc.Arbitrary<CarFilter> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      brand: someOf(text),
      model: someOf(text),
      year: someOf(anyInteger),
      yearMin: anyInteger,
      yearMax: anyInteger,
      q: fc.oneof(text, text.map(startOf)),
    },
    { requiredKeys: [] },
  ),
);
const key = fc.record({ caller: fc.constantFrom('', 'ann'), key: fc.constantFrom('a', 'A', "b' ") });
const listAsked = fc.constantFrom(...everySort()).chain((sort) => {
  const position = sortOf(sort).map(({ field }) =>
    field === 'id' ? id : field === 'year' ? anyInteger : text,
  );
  return fc.record({
    filter,
    sort: fc.constant(sort),
    limit: fc.constantFrom(1, 2, 3, 5, 1000),
    after: fc.option(fc.tuple(...position), { nil: undefined, freq: 3 }),
  });
});

const countsAsked = fc.record({
  filter,
  by: fc.constantFrom(...FIELD_NAMES),
  limit: fc.constantFrom(1, 2, 1000),
});

const change: fc.Arbitrary<Change> = fc.record({
  id,
  version: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  to: fc.oneof(
    { weight: 4, arbitrary: someFields },
    { weight: 1, arbitrary: fc.constant('delete' as const) },
  ),
});

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ call: fc.constant('create' as const), fields, key: fc.option(key, { nil: undefined }) }),
  fc.record({
    call: fc.constant('create at once' as const),
    cars: fc.array(fields, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({
    call: fc.constant('change at once' as const),
    changes: fc.array(change, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ call: fc.constant('get at once' as const), ids: fc.array(id, { minLength: 1, maxLength: 8 }) }),
  fc.record({ call: fc.constant('list' as const), query: listAsked }),
  fc.record({ call: fc.constant('history' as const), carId: id, limit: fc.constantFrom(1, 2, 1000) }),
  { weight: 2, arbitrary: fc.record({ call: fc.constant('next page' as const) }) },
  fc.record({ call: fc.constant('count' as const), filter }),
  fc.record({ call: fc.constant('counts' as const), query: countsAsked }),
);

/** Starts with some cars, so that the calls behind have something to find. */
export const calls: fc.Arbitrary<Call[]> = fc
  .tuple(fc.array(fields, { minLength: 4, maxLength: 12 }), fc.array(call, { minLength: 10, maxLength: 40 }))
  .map(([cars, later]) => [{ call: 'create at once', cars }, ...later]);

/** Gives a function that makes one call after another on `cars` and tells what became of each. */
export function createCaller(cars: CarStore): (call: Call) => Promise<unknown> {
  let walk: CarListQuery = { filter: {}, sort: sortOf('id'), limit: 3 };

  async function listFrom(query: CarListQuery): Promise<unknown> {
    const page = await cars.list(aRequest(), query);
    const last = page.cars.at(-1);
    walk = last === undefined ? query : { ...query, after: positionOf(last, query.sort) };
    return page;
  }

  return (asked) => {
    switch (asked.call) {
      case 'create':
        return outcomeOf(cars.create(aRequest(), asked.fields, asked.key));
      case 'create at once':
        return outcomesOf(asked.cars.map((car) => cars.create(aRequest(), car)));
      case 'change at once':
        return outcomesOf(asked.changes.map((one) => makeChange(cars, one)));
      case 'get at once':
        return outcomesOf(asked.ids.map((one) => cars.get(aRequest(), one)));
      case 'list': {
        const { after, sort, ...rest } = asked.query;
        return listFrom({ ...rest, sort: sortOf(sort), ...(after === undefined ? {} : { after }) });
      }
      case 'history':
        return outcomeOf(timeless(cars, asked));
      case 'next page':
        return listFrom(walk);
      case 'count':
        return cars.count(aRequest(), asked.filter);
      case 'counts':
        return cars.counts(aRequest(), asked.query);
    }
  };
}

/** A history without what clocks and counters of two engines may have otherwise. */
async function timeless(cars: CarStore, { carId, limit }: { carId: number; limit: number }) {
  const { changes, more } = await cars.history(aRequest(), { carId, limit });
  return { changes: changes.map(({ id: _, time: __, ...entry }) => entry), more };
}

function makeChange(cars: CarStore, { id, version, to }: Change): Promise<unknown> {
  const precondition = version === undefined ? undefined : (stored: number) => stored === version;
  return to === 'delete'
    ? cars.delete(aRequest(), id, precondition)
    : cars.update(aRequest(), id, to, precondition);
}
