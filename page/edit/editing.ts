/** The car that is being edited in its row, or added. One at a time. */

import { signal } from '@preact/signals';
import {
  type Car,
  type CarFields,
  changeCar,
  createCar,
  FIELD_NAMES,
  type FieldName,
  getCar,
  randomKey,
  type VersionedCar,
} from '../api/cars.ts';
import { isOutcomeUnknown, isProblem } from '../api/problem.ts';
import { list, reloadList } from '../list/car-list.ts';
import { filterBy, NO_FILTER } from '../state/view.ts';
import { texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { notify } from '../ui/notices.tsx';
import {
  checkDraft,
  type Draft,
  draftOf,
  type Faults,
  faultsOf,
  fieldsOf,
  NO_DRAFT,
  nameOf,
} from './car-rules.ts';

export interface Editing {
  /** Differs from that of all other edits. */
  readonly id: number;
  /** The car as it was read when the editing began. Undefined for a new car. */
  readonly original: VersionedCar | undefined;
  readonly draft: Draft;
  readonly faults: Faults;
  readonly isSaving: boolean;
  /** The field that has the focus at the start. */
  readonly field: FieldName;
  /** Each request gives the focus to the first fault, or else to the field. */
  readonly focusRequests: number;
  /** What was last sent of a new car. Its key makes a retry safe. */
  readonly sent: { readonly fields: CarFields; readonly key: string } | undefined;
}

/** A change that somebody else's came before. */
export interface Conflict {
  readonly original: Car;
  readonly mine: CarFields;
  readonly theirs: VersionedCar;
}

/** Time to answer whether to discard a draft, in milliseconds. */
const TIME_TO_ANSWER = 10_000;

export const editing = signal<Editing | undefined>(undefined);
export const conflict = signal<Conflict | undefined>(undefined);

let lastId = 0;

function nextId(): number {
  lastId += 1;
  return lastId;
}

function begin(id: number, original: VersionedCar | undefined, field: FieldName): void {
  const draft = savedDraft(original);
  editing.value = {
    id,
    original,
    draft,
    faults: {},
    isSaving: false,
    field,
    focusRequests: 0,
    sent: undefined,
  };
}

const savedDraft = (original: VersionedCar | undefined) =>
  original === undefined ? NO_DRAFT : draftOf(original.car);

/** Changes this editing, or ends it. Returns false if it has ended already: another one stays as it is. */
function update({ id }: Editing, change: Partial<Editing> | undefined): boolean {
  const current = editing.peek();
  if (current?.id !== id) return false;
  editing.value = change && { ...current, ...change };
  return true;
}

function requestFocus(current: Editing): void {
  update(current, { focusRequests: current.focusRequests + 1 });
}

/** Whether the visitor would lose something if the editing ended now. */
function isUnsaved({ original, draft, isSaving }: Editing): boolean {
  const saved = savedDraft(original);
  return isSaving || FIELD_NAMES.some((name) => draft[name] !== saved[name]);
}

/** Takes back the question below that is still shown. */
let withdrawQuestion = () => {};

/** Whether another editing may start. If a draft would be lost, the visitor is asked first. */
function mayStart(start: () => void): boolean {
  const current = editing.peek();
  if (current === undefined || !isUnsaved(current)) return true;
  requestFocus(current);
  const discard = () => {
    update(current, undefined);
    start();
  };
  const { unsaved, unsavedNew } = texts.value;
  const { original } = current;
  withdrawQuestion();
  withdrawQuestion = notify(original === undefined ? unsavedNew : unsaved(nameOf(original.car)), {
    duration: TIME_TO_ANSWER,
    action: { label: texts.value.discard, run: discard },
  });
  return false;
}

export function startAdding(): void {
  const current = editing.peek();
  // The form is open, so it keeps what was typed.
  if (current !== undefined && current.original === undefined) requestFocus(current);
  else if (mayStart(startAdding)) begin(nextId(), undefined, 'brand');
}

/** Reads the car, so that the visitor edits what is stored now, and its ETag. */
export async function startEditing(car: Car, field: FieldName): Promise<void> {
  if (!mayStart(() => void startEditing(car, field))) return;
  const id = nextId();
  try {
    const original = await getCar(car.id);
    list.value?.replace(original.car);
    // Unless another one was started meanwhile, or the visitor typed into the one that was open.
    const current = editing.peek();
    if (id === lastId && (current === undefined || !isUnsaved(current))) begin(id, original, field);
  } catch (error) {
    const isGone = isProblem(error, 'car-not-found');
    notify(isGone ? texts.value.gone(nameOf(car)) : describeError(error), { tone: 'error' });
  }
}

export function cancelEditing(): void {
  nextId();
  editing.value = undefined;
}

/** A field that is changed has no fault until it is checked again. */
export function changeDraft(field: FieldName, text: string): void {
  if (editing.value === undefined) return;
  const { [field]: _, ...faults } = editing.value.faults;
  editing.value = { ...editing.value, draft: { ...editing.value.draft, [field]: text }, faults };
}

/** Sends what was typed. Returns whether that ended the editing. */
export async function saveEditing(): Promise<boolean> {
  const current = editing.value;
  if (current === undefined || current.isSaving) return false;
  const { original, draft } = current;
  const focusRequests = current.focusRequests + 1;
  const faults = checkDraft(draft);
  if (Object.keys(faults).length > 0) {
    update(current, { faults, focusRequests });
    return false;
  }
  update(current, { isSaving: true });
  try {
    if (original === undefined) {
      await add(current, fieldsOf(draft));
      return false;
    }
    const found = await change(original, fieldsOf(draft));
    const hasEnded = update(current, undefined);
    if (hasEnded) conflict.value = found;
    else if (found !== undefined) {
      // The visitor has left the editor meanwhile.
      list.value?.replace(found.theirs.car);
      notify(texts.value.notSaved(nameOf(found.original)), { tone: 'error' });
    }
    return hasEnded;
  } catch (error) {
    const found = faultsOf(error);
    if (found === undefined) notify(describeFailure(error, original === undefined), { tone: 'error' });
    update(current, { isSaving: false, ...(found && { faults: found, focusRequests }) });
    return false;
  }
}

function describeFailure(error: unknown, isNew: boolean): string {
  const text = describeError(error);
  return isNew && isOutcomeUnknown(error) ? texts.value.maybeAdded(text) : text;
}

/** The form stays open for the next car. */
async function add(current: Editing, fields: CarFields): Promise<void> {
  const { sent } = current;
  // The service rejects a key that it knows from another car.
  const isRetry = sent !== undefined && FIELD_NAMES.every((name) => sent.fields[name] === fields[name]);
  const key = isRetry ? sent.key : randomKey();
  update(current, { sent: { fields, key } });
  const car = await createCar(fields, key);
  if (update(current, undefined)) startAdding();
  reloadList();
  const { brand, model, year } = car;
  notify(texts.value.added(nameOf(car)), {
    action: {
      label: texts.value.showIt,
      run: () => filterBy({ ...NO_FILTER, brand: [brand], model: [model], year: [year] }),
    },
  });
}

/** Returns the conflict, if somebody else's change came before. */
async function change({ car, etag }: VersionedCar, fields: CarFields): Promise<Conflict | undefined> {
  const changed = FIELD_NAMES.filter((name) => fields[name] !== car[name]);
  if (changed.length === 0) return undefined;
  try {
    const part = Object.fromEntries(changed.map((name) => [name, fields[name]]));
    return showSaved(await changeCar(car.id, part, etag));
  } catch (error) {
    if (isProblem(error, 'car-not-found')) return loseCar(car);
    if (!isProblem(error, 'version-mismatch')) throw error;
    return compare(car, fields);
  }
}

/** Finds no conflict if both versions are the same: then an earlier attempt was applied, although its response was lost. */
async function compare(original: Car, mine: CarFields): Promise<Conflict | undefined> {
  const theirs = await getCar(original.id).catch((error: unknown) => {
    if (!isProblem(error, 'car-not-found')) throw error;
  });
  if (theirs === undefined) return loseCar(original);
  if (FIELD_NAMES.every((name) => theirs.car[name] === mine[name])) return showSaved(theirs.car);
  return { original, mine, theirs };
}

function loseCar(car: Car): undefined {
  notify(texts.value.gone(nameOf(car)), { tone: 'error' });
  reloadList();
}

function showSaved(car: Car): undefined {
  list.value?.replace(car);
  notify(texts.value.saved(nameOf(car)));
}

/** Saves the fields that the visitor chose. The conflict ends when they are saved. */
export async function settle(fields: CarFields): Promise<void> {
  const current = conflict.peek();
  if (current === undefined) return;
  const next = await change(current.theirs, fields);
  if (conflict.peek() === current) conflict.value = next;
}

/** Ends the conflict with the other's version. */
export function endConflict(): void {
  const { theirs } = conflict.peek() ?? {};
  conflict.value = undefined;
  if (theirs !== undefined) list.value?.replace(theirs.car);
}
