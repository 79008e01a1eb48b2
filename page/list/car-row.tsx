/** A row of the grid: a car, or a placeholder until it is read. */

import { type Car, FIELD_NAMES } from '../api/cars.ts';
import { activeCell } from './grid-focus.ts';

interface RowProps {
  readonly index: number;
  readonly car: Car | undefined;
  /** Pixels from the top of the list. */
  readonly start: number;
  readonly measure: (row: HTMLElement | null) => void;
}

/** The header is the first row. */
const HEADER_ROWS = 1;

export function CarRow({ index, car, start, measure }: RowProps) {
  return (
    <div
      ref={measure}
      role="row"
      class={`row ${car === undefined ? 'placeholder' : ''}`}
      aria-rowindex={index + 1 + HEADER_ROWS}
      data-index={index}
      style={{ transform: `translateY(${start}px)` }}
    >
      {(['id', ...FIELD_NAMES] as const).map((field, column) => (
        <CarCell key={field} field={field} row={index} column={column} text={car && String(car[field])} />
      ))}
    </div>
  );
}

interface CellProps {
  readonly field: string;
  readonly row: number;
  readonly column: number;
  /** Undefined until the car is read. */
  readonly text: string | undefined;
}

function CarCell({ field, row, column, text }: CellProps) {
  const { row: activeRow, column: activeColumn } = activeCell.value;
  const isActive = row === activeRow && column === activeColumn;
  return (
    <div
      role="gridcell"
      class={`cell ${field}`}
      aria-colindex={column + 1}
      data-cell={`${row}:${column}`}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => {
        activeCell.value = { row, column };
      }}
    >
      {text === undefined ? (
        <span class="bone" />
      ) : (
        <span class="text" title={text}>
          {text}
        </span>
      )}
    </div>
  );
}
