/** The list of cars that the page shows: read anew when the filter or the sort changes. */

import { computed, effect, signal, untracked } from '@preact/signals';
import { isProblem } from '../api/problem.ts';
import { mayRead, session } from '../state/session.ts';
import { filterKey, sortParameter, view } from '../state/view.ts';
import { type CarPages, createCarPages } from './car-pages.ts';

/** What is shown. Stays until the first page of the next list is there. */
const shown = signal<CarPages | undefined>(undefined);
const next = signal<CarPages | undefined>(undefined);

/** Counts how often cars changed so that the list is read again. */
export const reloads = signal(0);

export const list = computed(() => shown.value);

/** Whether another list is being read. */
export const isLoading = computed(() => next.value !== undefined && next.value.error.value === undefined);

/** Whether the list that is shown is not the one that the filter asks for: that one is being read, or could not be. */
export const isStale = computed(() => next.value !== undefined);

export const listError = computed(() => next.value?.error.value ?? shown.value?.error.value);

/** Reads the list from its start. */
export function reloadList(): void {
  reloads.value += 1;
}

/** Repeats what failed. */
export function retryList(): void {
  const hasOldCursor = isProblem(listError.peek(), 'invalid-cursor');
  if (next.peek() === undefined && !hasOldCursor) shown.peek()?.retry();
  else reloadList();
}

/** Reads the list whenever the view asks for another one, and ends the requests of the one before. */
export function followView(): () => void {
  return effect(() => {
    void filterKey.value;
    void reloads.value;
    void session.value;
    const sort = sortParameter.value;
    if (!mayRead.value) return closeList();
    untracked(() => void startReading(createCarPages(view.value.filter, sort)));
  });
}

/** A visitor who may no longer read sees nothing of what was read. */
function closeList(): void {
  next.peek()?.close();
  shown.peek()?.close();
  next.value = undefined;
  shown.value = undefined;
}

async function startReading(pages: CarPages): Promise<void> {
  next.value?.close();
  next.value = pages;
  await pages.start();
  if (next.value !== pages || pages.error.value !== undefined) return;
  shown.value?.close();
  shown.value = pages;
  next.value = undefined;
}
