/** Which cell of the grid the arrow keys are at. Only this cell is reached with Tab (WAI-ARIA, "Grid"). */

import { signal, useComputed } from '@preact/signals';
import { view } from '../state/view.ts';
import { isNarrow } from '../ui/is-narrow.ts';

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** On a phone, the column before it is hidden. */
export const FIRST_VISIBLE_WHEN_NARROW = 1;

export const activeCell = signal<Cell>({ row: 0, column: 1 });

const firstColumn = () => (isNarrow.peek() ? FIRST_VISIBLE_WHEN_NARROW : 0);

/** Attributes of the element that has the focus when its cell is the active one. */
export function useCell(row: number, column: number) {
  const isActive = useComputed(() => activeCell.value.row === row && activeCell.value.column === column);
  return {
    'data-cell': `${row}:${column}`,
    tabIndex: isActive.value ? 0 : -1,
    onFocus: () => {
      activeCell.value = { row, column };
    },
  };
}

let isListWanted = false;

/** Gives the focus to the list; if it is not drawn yet, as soon as it is. */
export function focusList(): void {
  const cell = document.querySelector<HTMLElement>('#list .rows [tabindex="0"]');
  isListWanted = cell === null;
  cell?.focus();
}

/** Focuses what the page shows: the list, or the button that shows the charts. */
export function focusContent(): void {
  if (view.peek().shows === 'list') focusList();
  else document.querySelector<HTMLElement>('.switch [aria-pressed=true]')?.focus();
}

/** Called when the list is drawn. If the visitor has moved the focus meanwhile, it stays there. */
export function focusWantedList(): void {
  if (isListWanted && document.activeElement === document.body) focusList();
  isListWanted = false;
}

/** The cell that has the focus; undefined if it is elsewhere, such as in the header or in a menu. */
export function cellOf({ target }: Event): Cell | undefined {
  const place = (target as Element).closest<HTMLElement>('[data-cell]')?.dataset['cell'];
  const [row, column] = place?.split(':').map(Number) ?? [];
  return row === undefined || column === undefined ? undefined : { row, column };
}

/** The cell that a key leads to; undefined if it leads to none. */
export function cellAfter(
  { key, ctrlKey, metaKey }: KeyboardEvent,
  { row, column }: Cell,
  { rows, columns, rowsOnScreen }: { rows: number; columns: number; rowsOnScreen: number },
): Cell | undefined {
  const atEdge = ctrlKey || metaKey;
  const to = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.max(0, Math.min(rows - 1, nextRow)),
    column: Math.max(firstColumn(), Math.min(columns - 1, nextColumn)),
  });
  switch (key) {
    case 'ArrowUp':
      return to(atEdge ? 0 : row - 1, column);
    case 'ArrowDown':
      return to(atEdge ? rows : row + 1, column);
    case 'ArrowLeft':
      return to(row, column - 1);
    case 'ArrowRight':
      return to(row, column + 1);
    case 'Home':
      return to(atEdge ? 0 : row, 0);
    case 'End':
      return to(atEdge ? rows : row, columns);
    case 'PageUp':
      return to(row - rowsOnScreen, column);
    case 'PageDown':
      return to(row + rowsOnScreen, column);
    default:
      return undefined;
  }
}

/** Makes a cell the active one, and gives it the focus: at once if it is drawn, so that the next key finds it there. */
export function focusCellSoon(cell: Cell): void {
  activeCell.value = cell;
  focusCell(cell);
  const focused = document.activeElement;
  requestAnimationFrame(() => {
    // Unless another key was faster, or has moved the focus elsewhere.
    const { row, column } = activeCell.peek();
    const hasMoved = document.activeElement !== focused && document.activeElement !== document.body;
    if (row === cell.row && column === cell.column && !hasMoved) focusCell(cell);
  });
}

function focusCell({ row, column }: Cell): void {
  const find = (at: number) => document.querySelector<HTMLElement>(`[data-cell="${row}:${at}"]`);
  // A row that is not read yet has no buttons.
  const cell = find(column) ?? find(firstColumn());
  if (cell !== document.activeElement) cell?.focus({ preventScroll: true });
}
