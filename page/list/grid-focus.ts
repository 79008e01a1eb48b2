/** Which cell of the grid the arrow keys are at. Only this cell is reached with Tab (WAI-ARIA, "Grid"). */

import { signal } from '@preact/signals';

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export const activeCell = signal<Cell>({ row: 0, column: 1 });

/** The cell that a key leads to; undefined if it leads to none. */
export function cellAfter(
  { key, ctrlKey, metaKey }: KeyboardEvent,
  { row, column }: Cell,
  { rows, columns, rowsOnScreen }: { rows: number; columns: number; rowsOnScreen: number },
): Cell | undefined {
  const atEdge = ctrlKey || metaKey;
  const to = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.max(0, Math.min(rows - 1, nextRow)),
    column: Math.max(0, Math.min(columns - 1, nextColumn)),
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
  const cell = find(column) ?? find(0);
  if (cell !== document.activeElement) cell?.focus({ preventScroll: true });
}
