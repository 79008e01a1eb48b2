/** Two fields that limit the years from below and above. */

import { filterBy, view } from '../state/view.ts';
import { texts } from '../texts/texts.ts';

export const YEAR_MIN = 1886;
export const YEAR_MAX = 2100;

export function YearRange() {
  const { filter: words } = texts.value;
  const { yearMin, yearMax } = view.value.filter;
  const field = (name: 'yearMin' | 'yearMax', label: string, value: number | undefined) => (
    <label class="field">
      <span class="label">{label}</span>
      <input
        type="number"
        class="input"
        min={YEAR_MIN}
        max={YEAR_MAX}
        value={value ?? ''}
        onChange={({ currentTarget }) => filterBy({ [name]: readYear(currentTarget.value) })}
      />
    </label>
  );
  return (
    <div class="year-range">
      {field('yearMin', words.from, yearMin)}
      {field('yearMax', words.to, yearMax)}
    </div>
  );
}

/** Undefined if the text is empty or no year that a car can have. */
function readYear(text: string): number | undefined {
  const year = Number(text);
  return Number.isInteger(year) && year >= YEAR_MIN && year <= YEAR_MAX ? year : undefined;
}
