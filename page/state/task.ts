/** The dialogue that is open, if any. */

import { signal } from '@preact/signals';

export type Task = 'import' | 'export' | 'keys';

export const task = signal<Task | undefined>(undefined);

/** A file that was dropped on the page, to import. */
export const droppedFile = signal<File | undefined>(undefined);

export function openTask(next: Task): void {
  task.value = next;
}

export function closeTask(): void {
  task.value = undefined;
  droppedFile.value = undefined;
}
