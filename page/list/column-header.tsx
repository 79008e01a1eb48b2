/** The head of a column: a click sorts by it, and its panel filters by it. */

import type { SortField } from '../api/cars.ts';
import { isFilteredBy, sortBy, view } from '../state/view.ts';
import { texts } from '../texts/texts.ts';
import { Icon } from '../ui/icon.tsx';
import { Popover } from '../ui/popover.tsx';
import { ValueFilter } from './value-filter.tsx';

export function ColumnHeader({ field, index }: { field: SortField; index: number }) {
  const { fields, sort: words, filter } = texts.value;
  const { sort } = view.value;
  const position = sort.findIndex((other) => other.field === field);
  const term = sort[position];
  const direction = term && (term.descending ? 'descending' : 'ascending');
  return (
    <div
      role="columnheader"
      class={`cell head ${field}`}
      aria-colindex={index + 1}
      aria-sort={direction ?? 'none'}
    >
      <button
        type="button"
        class={`sort ${direction ?? ''}`}
        title={`${words.by(fields[field])}. ${words.hint}`}
        onClick={({ shiftKey }) => sortBy(field, shiftKey)}
      >
        <span>{fields[field]}</span>
        {direction && <Icon name={direction} />}
        {direction && sort.length > 1 && <span class="sort-position">{position + 1}</span>}
      </button>
      {field !== 'id' && (
        <Popover
          label={filter.by(fields[field])}
          class={`button quiet icon-only filter ${isFilteredBy(field) ? 'on' : ''}`}
          button={<Icon name="filter" />}
        >
          {(close) => <ValueFilter column={field} close={close} />}
        </Popover>
      )}
    </div>
  );
}
