/** How a sort is completed, and the position of a car in it. */

import { describe, expect, it } from 'vitest';
import { completeSort, positionOf, type SortField, type SortTerm } from '../../src/cars/car-list.ts';

const up = (field: SortField): SortTerm => ({ field, descending: false });
const down = (field: SortField): SortTerm => ({ field, descending: true });

describe('a sort', () => {
  it('ends with the ascending id if it does not name the id', () => {
    expect(completeSort([])).toEqual([up('id')]);
    expect(completeSort([down('brand'), up('year')])).toEqual([down('brand'), up('year'), up('id')]);
  });

  it('keeps the direction of an id that it names, and drops the terms after it', () => {
    expect(completeSort([down('id')])).toEqual([down('id')]);
    expect(completeSort([up('model'), down('id'), up('year')])).toEqual([up('model'), down('id')]);
    expect(completeSort([up('id'), down('brand')])).toEqual([up('id')]);
  });

  it('is not changed if it is complete', () => {
    const complete = completeSort([down('year'), up('brand')]);
    expect(completeSort(complete)).toEqual(complete);
  });
});

describe('the position of a car', () => {
  const car = { brand: 'CITROËN', id: 7, model: '2CV', version: 3, year: 1948 };

  it('has one value for each term of the sort: texts by their key, numbers as they are', () => {
    expect(positionOf(car, [up('brand'), down('year'), up('model'), up('id')])).toEqual([
      'citroën',
      1948,
      '2cv',
      7,
    ]);
    expect(positionOf(car, [down('id')])).toEqual([7]);
  });
});
