/**
 * A list of cars that is read page by page, as far as it is looked at. A page can only be read after the one before it, whose
 * cursor leads to it. Pages that are far away are forgotten, and read again by the cursor that is kept.
 */

import { signal } from '@preact/signals';
import { type Car, type Filter, filterQuery, listCars } from '../api/cars.ts';
import { isAbort, ProblemError } from '../api/problem.ts';

/** Cars on the first page, which should appear at once, and on the others. */
const FIRST = 100;
const OTHERS = 1000;

const MAX_PAGES = 30;

/** Browsers cannot draw arbitrarily high elements. */
export const MAX_ROWS = 250_000;

/** Rows shown after the last known one if nobody knows how many there are. */
const AHEAD = 50;

export type CarPages = ReturnType<typeof createCarPages>;

export function createCarPages(filter: Filter, sort: string) {
  const pages = new Map<number, Car[]>();
  /** The cursor of each page, as far as known. */
  const cursors: (string | undefined)[] = [undefined];
  const changes = signal(0);
  const total = signal<number | undefined>(undefined);
  const error = signal<unknown>(undefined);
  const abort = new AbortController();
  /** The last page, once it was read. */
  let lastPage: number | undefined;
  let lastRow = 0;
  let wanted: readonly [number, number] = [0, 0];
  let isReading = false;

  /** One request at a time, for the first page that is looked at and missing. */
  async function readWanted(): Promise<void> {
    if (isReading) return;
    isReading = true;
    error.value = undefined;
    try {
      for (let page = nextPage(); page !== undefined; page = nextPage()) await readPage(page);
    } catch (reason) {
      if (!isAbort(reason)) error.value = reason;
    } finally {
      isReading = false;
    }
  }

  function nextPage(): number | undefined {
    if (abort.signal.aborted) return undefined;
    const [from, to] = wanted;
    for (let page = from; page <= Math.min(to, lastPage ?? to); page += 1)
      if (!pages.has(page)) return Math.min(page, cursors.length - 1);
    return undefined;
  }

  async function readPage(index: number): Promise<void> {
    const request = { filter, sort, limit: index === 0 ? FIRST : OTHERS, cursor: cursors[index] };
    const counted = index === 0 && total.peek() === undefined;
    const page = await listCars({ ...request, count: counted }, abort.signal).catch((reason: unknown) => {
      // Counting may cost more than the service has time for.
      if (!counted || !(reason instanceof ProblemError && reason.problem.status === 503)) throw reason;
      return listCars({ ...request, count: false }, abort.signal);
    });
    pages.set(index, [...page.cars]);
    lastRow = Math.max(lastRow, firstRow(index) + page.cars.length);
    if (page.total !== undefined) total.value = page.total;
    if (page.next === undefined) lastPage = index;
    else cursors[index + 1] = page.next;
    forgetFarPages();
    changes.value += 1;
  }

  function forgetFarPages(): void {
    const [from] = wanted;
    while (pages.size > MAX_PAGES) {
      const far = [...pages.keys()].reduce((a, b) => (Math.abs(b - from) > Math.abs(a - from) ? b : a));
      pages.delete(far);
    }
  }

  return {
    /** How many match; undefined as long as nobody knows. */
    total,
    error,
    isFiltered: filterQuery(filter).size > 0,

    /** Reads the rows from one index to another, as far as they are missing. After an error, only `retry` reads. */
    look(from: number, to: number): void {
      wanted = [pageOf(from), pageOf(to)];
      if (error.peek() === undefined) void readWanted();
    },

    /** Reads the first page. */
    async start(): Promise<void> {
      await readWanted();
    },

    retry: () => void readWanted(),

    /** The rows to show, those included that were not read. */
    get rowCount(): number {
      void changes.value;
      if (lastPage !== undefined) return lastRow;
      return Math.min(MAX_ROWS, Math.max(total.value ?? lastRow + AHEAD, lastRow));
    },

    /** Whether the first page was read. */
    get isStarted(): boolean {
      return changes.value > 0;
    },

    /** Undefined for a row that was not read. */
    carAt(row: number): Car | undefined {
      void changes.value;
      const page = pageOf(row);
      return pages.get(page)?.[row - firstRow(page)];
    },

    /** Shows a car as it is now. */
    replace(car: Car): void {
      for (const cars of pages.values()) {
        const index = cars.findIndex(({ id }) => id === car.id);
        if (index >= 0) cars[index] = car;
      }
      changes.value += 1;
    },

    /** Lowers the number of cars after a deletion, if the car is known to be in this list. */
    removeFromTotal(id: number): void {
      const hasAll = filterQuery(filter).size === 0;
      const hasCar = hasAll || [...pages.values()].some((cars) => cars.some((car) => car.id === id));
      if (hasCar && total.value !== undefined) total.value -= 1;
    },

    /** Ends all requests. */
    close: () => abort.abort(),
  };
}

function pageOf(row: number): number {
  return row < FIRST ? 0 : 1 + Math.floor((row - FIRST) / OTHERS);
}

function firstRow(page: number): number {
  return page === 0 ? 0 : FIRST + (page - 1) * OTHERS;
}
