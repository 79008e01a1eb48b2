/** Deletions that can be undone: the request is sent after some seconds, or when the page is left. */

import { signal } from '@preact/signals';
import { type Car, deleteCar, FIELD_NAMES, getCar } from '../api/cars.ts';
import { isProblem } from '../api/problem.ts';
import { list } from '../list/car-list.ts';
import { texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { notify } from '../ui/notices.tsx';
import { nameOf } from './car-rules.ts';

/** Time to undo, in milliseconds. */
const DELAY = 8000;

interface Waiting {
  readonly car: Car;
  /** What follows once the car was read again. */
  started?: {
    /** Of the car that the visitor saw, so that nobody's later change is deleted. */
    readonly etag: string;
    readonly timer: ReturnType<typeof setTimeout>;
    readonly dismiss: () => void;
  };
}

const waiting = new Map<number, Waiting>();

/** Each car that the visitor deleted: whether it can be brought back. */
export const deletions = signal<ReadonlyMap<number, 'waiting' | 'sent'>>(new Map());

/** Counts the cars that the service deleted. */
export const deletionCount = signal(0);

export async function startDeletion(car: Car): Promise<void> {
  const entry: Waiting = { car };
  waiting.set(car.id, entry);
  note(car.id, 'waiting');
  try {
    const { car: current, etag } = await getCar(car.id);
    // It was undone meanwhile.
    if (waiting.get(car.id) !== entry) return;
    if (FIELD_NAMES.some((name) => current[name] !== car[name])) {
      list.peek()?.replace(current);
      return fail(car, texts.value.deletionConflict(nameOf(car)));
    }
    const dismiss = notify(texts.value.deleted(nameOf(car)), {
      duration: DELAY,
      action: { label: texts.value.undo, run: () => undoDeletion(car.id) },
    });
    entry.started = { etag, dismiss, timer: setTimeout(() => void sendDeletion(car.id, false), DELAY) };
  } catch (error) {
    if (waiting.get(car.id) !== entry) return;
    if (!isProblem(error, 'car-not-found'))
      return fail(car, texts.value.deletionFailed(nameOf(car), describeError(error)));
    waiting.delete(car.id);
    note(car.id, 'sent');
  }
}

/** Without an id, the latest. Returns whether there was one. */
export function undoDeletion(id = [...waiting.keys()].at(-1)): boolean {
  const entry = id === undefined ? undefined : waiting.get(id);
  if (id === undefined || entry === undefined) return false;
  clearTimeout(entry.started?.timer);
  entry.started?.dismiss();
  waiting.delete(id);
  note(id, undefined);
  notify(texts.value.restored(nameOf(entry.car)));
  return true;
}

export function undoAllDeletions(): void {
  for (const id of [...waiting.keys()]) undoDeletion(id);
}

async function sendDeletion(id: number, isLeaving: boolean): Promise<void> {
  const entry = waiting.get(id);
  if (entry?.started === undefined) return;
  const { car } = entry;
  const { etag, timer } = entry.started;
  clearTimeout(timer);
  waiting.delete(id);
  note(id, 'sent');
  try {
    await deleteCar(id, etag, isLeaving);
    deletionCount.value += 1;
    list.peek()?.removeFromTotal(id);
  } catch (error) {
    if (isProblem(error, 'car-not-found')) return;
    const isConflict = isProblem(error, 'version-mismatch');
    if (isConflict)
      await getCar(id).then(
        (current) => list.peek()?.replace(current.car),
        () => {},
      );
    const text = isConflict
      ? texts.value.deletionConflict(nameOf(car))
      : texts.value.deletionFailed(nameOf(car), describeError(error));
    fail(car, text);
  }
}

function fail({ id }: Car, text: string): void {
  waiting.delete(id);
  note(id, undefined);
  notify(text, { tone: 'error' });
}

function note(id: number, state: 'waiting' | 'sent' | undefined): void {
  const next = new Map(deletions.value);
  if (state === undefined) next.delete(id);
  else next.set(id, state);
  deletions.value = next;
}

/**
 * Sends what still waits, before the visitor's key is forgotten. A request takes its key when it starts, so signing out waits
 * for no response. A deletion without an ETag cannot be sent, so it is undone.
 */
export function sendDeletionsBeforeSignOut(): void {
  for (const [id, { started }] of waiting)
    if (started === undefined) undoDeletion(id);
    else {
      started.dismiss();
      void sendDeletion(id, false);
    }
}

/** Sends what still waits when the page is left. */
export function sendDeletionsOnLeave(): void {
  addEventListener('pagehide', () => {
    for (const id of waiting.keys()) void sendDeletion(id, true);
  });
}
