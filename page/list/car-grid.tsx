/** The list of cars as a grid that scrolls. It draws only the rows that are in sight. */

import { defaultRangeExtractor, type Range } from '@tanstack/virtual-core';
import { useEffect, useRef } from 'preact/hooks';
import type { SortField } from '../api/cars.ts';
import { deletions, startDeletion } from '../edit/deletions.ts';
import { showHistory } from '../edit/history-panel.tsx';
import { maySeeHistory, mayWrite } from '../state/session.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { isNarrow } from '../ui/is-narrow.ts';
import { useVirtualizer } from '../ui/use-virtualizer.ts';
import { isLoading, isStale } from './car-list.ts';
import { type CarPages, MAX_ROWS } from './car-pages.ts';
import { CarRow } from './car-row.tsx';
import { ColumnHeader } from './column-header.tsx';
import {
  activeCell,
  type Cell,
  cellAfter,
  cellOf,
  FIRST_VISIBLE_WHEN_NARROW,
  focusCellSoon,
  focusWantedList,
} from './grid-focus.ts';
import { isTyping } from './search-field.tsx';

const COLUMNS: readonly SortField[] = ['id', 'brand', 'model', 'year'];

/** Edit, history and delete. */
const ACTIONS = 3;

/** Pixels. The style sheet has the same heights. */
const ROW_HEIGHT = 36;
const NARROW_ROW_HEIGHT = 44;
const HEADER_HEIGHT = 40;

/** Rows drawn above and below the ones in sight, so that scrolling shows no gap. */
const OVERSCAN = 12;

export function CarGrid({ pages }: { pages: CarPages }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = pages.rowCount;
  const active = activeCell.value;
  const virtualizer = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow.value ? NARROW_ROW_HEIGHT : ROW_HEIGHT),
    overscan: OVERSCAN,
    // The header stays in sight, so it takes this height from the rows.
    scrollPaddingEnd: HEADER_HEIGHT,
    // The active row stays, so that it keeps the focus while it is out of sight.
    rangeExtractor: (range: Range) =>
      [...new Set([...defaultRangeExtractor(range), Math.min(active.row, rows - 1)])].sort((a, b) => a - b),
  });
  const items = virtualizer.getVirtualItems();
  const { range } = virtualizer;

  // After the window was turned, no row has the height that was measured before.
  useEffect(() => {
    virtualizer.measure();
    // The cell may be one that is hidden, and Tab must reach one.
    const { row } = activeCell.peek();
    if (isNarrow.value) activeCell.value = { row, column: FIRST_VISIBLE_WHEN_NARROW };
  }, [isNarrow.value]);

  useEffect(() => {
    if (range !== null) pages.look(range.startIndex, range.endIndex);
  }, [pages, range?.startIndex, range?.endIndex]);

  // Another list begins at its top.
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    const first = { row: 0, column: 1 };
    if (document.activeElement?.matches('#list [data-cell]')) focusCellSoon(first);
    else activeCell.value = first;
  }, [pages]);

  useEffect(() => {
    if (items.length > 0) focusWantedList();
  }, [items.length > 0]);

  function move(event: KeyboardEvent): void {
    const cell = cellOf(event);
    if (cell === undefined || isTyping(event) || event.altKey) return;
    if (runShortcut(event, cell)) return;
    const rowsOnScreen = range === null ? 1 : range.endIndex - range.startIndex;
    const columns = (event.target as Element)
      .closest('[role=row]')
      ?.querySelectorAll('[role=gridcell]').length;
    if (columns === undefined) return;
    const next = cellAfter(event, cell, { rows, columns, rowsOnScreen });
    if (next === undefined) return;
    event.preventDefault();
    virtualizer.scrollToIndex(next.row);
    focusCellSoon(next);
  }

  /** Delete and `h` act on the row that has the focus, as its buttons do. */
  function runShortcut(event: KeyboardEvent, { row }: Cell): boolean {
    const car = pages.carAt(row);
    if (car === undefined || event.ctrlKey || event.metaKey || deletions.peek().has(car.id)) return false;
    if (event.key === 'Delete' && mayWrite.peek()) {
      void startDeletion(car);
      focusCellSoon({ row, column: COLUMNS.length });
    } else if (event.key.toLowerCase() === 'h' && maySeeHistory.peek()) showHistory(car);
    else return false;
    event.preventDefault();
    return true;
  }

  return (
    <div
      ref={scroller}
      id="list"
      role="grid"
      class={`grid ${isStale.value ? 'stale' : ''}`}
      aria-label={texts.value.cars}
      aria-rowcount={pages.total.value === undefined ? -1 : pages.total.value + 1}
      aria-colcount={COLUMNS.length + ACTIONS}
      aria-busy={isLoading.value}
      onKeyDown={move}
    >
      <div role="row" class="row head-row" aria-rowindex={1}>
        {COLUMNS.map((field, index) => (
          <ColumnHeader key={field} field={field} index={index} />
        ))}
        <div role="columnheader" class="cell" aria-colindex={COLUMNS.length + 1}>
          <span class="visually-hidden">{texts.value.actions}</span>
        </div>
      </div>
      <div role="rowgroup" class="rows" style={{ height: `${virtualizer.getTotalSize()}px` }}>
        {items.map(({ index, start }) => (
          <CarRow
            key={index}
            index={index}
            car={pages.carAt(index)}
            start={start}
            measure={virtualizer.measureElement}
          />
        ))}
      </div>
      {(pages.total.value ?? 0) > MAX_ROWS && (
        <p class="grid-end">{texts.value.tooManyRows(formatNumber(MAX_ROWS))}</p>
      )}
    </div>
  );
}
