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
import { isProblem } from '../api/problem.ts';
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
  /** The car as it was read when the editing began. Undefined for a new car. */
  readonly original: VersionedCar | undefined;
  readonly draft: Draft;
  readonly faults: Faults;
  /** Each failed check gives the focus to the first fault. */
  readonly failedChecks: number;
  readonly isSaving: boolean;
  /** The field that has the focus at the start. */
  readonly field: FieldName;
  /** Makes a retry safe. Only a new car has one. */
  readonly key: string;
}

/** A change that somebody else's came before. */
export interface Conflict {
  readonly original: Car;
  readonly mine: CarFields;
  readonly theirs: VersionedCar;
}

export const editing = signal<Editing | undefined>(undefined);
export const conflict = signal<Conflict | undefined>(undefined);

export function startAdding(): void {
  editing.value = {
    original: undefined,
    draft: NO_DRAFT,
    faults: {},
    failedChecks: 0,
    isSaving: false,
    field: 'brand',
    key: randomKey(),
  };
}

/** Reads the car, so that the visitor edits what is stored now, and its ETag. */
export async function startEditing({ id, ...fields }: Car, field: FieldName): Promise<void> {
  try {
    const original = await getCar(id);
    list.value?.replace(original.car);
    editing.value = {
      original,
      draft: draftOf(original.car),
      faults: {},
      failedChecks: 0,
      isSaving: false,
      field,
      key: '',
    };
  } catch (error) {
    const isGone = isProblem(error, 'car-not-found');
    notify(isGone ? texts.value.gone(nameOf(fields)) : describeError(error), { tone: 'error' });
  }
}

export function cancelEditing(): void {
  editing.value = undefined;
}

/** A field that is changed has no fault until it is checked again. */
export function changeDraft(field: FieldName, text: string): void {
  if (editing.value === undefined) return;
  const { [field]: _, ...faults } = editing.value.faults;
  editing.value = { ...editing.value, draft: { ...editing.value.draft, [field]: text }, faults };
}

/** Sends what was typed. Returns whether it is saved. */
export async function saveEditing(): Promise<boolean> {
  const current = editing.value;
  if (current === undefined || current.isSaving) return false;
  const faults = checkDraft(current.draft);
  if (Object.keys(faults).length > 0) {
    editing.value = { ...current, faults, failedChecks: current.failedChecks + 1 };
    return false;
  }
  editing.value = { ...current, isSaving: true };
  try {
    const fields = fieldsOf(current.draft);
    if (current.original === undefined) await add(fields, current.key);
    else await change(current.original, fields);
    return true;
  } catch (error) {
    const found = faultsOf(error);
    if (found === undefined) notify(describeError(error), { tone: 'error' });
    editing.value = { ...current, faults: found ?? {}, failedChecks: current.failedChecks + 1 };
    return false;
  }
}

/** The form stays open for the next car. */
async function add(fields: CarFields, key: string): Promise<void> {
  const { car } = await createCar(fields, key);
  startAdding();
  reloadList();
  const { brand, model, year } = car;
  notify(texts.value.added(nameOf(car)), {
    action: {
      label: texts.value.showIt,
      run: () => filterBy({ ...NO_FILTER, brand: [brand], model: [model], year: [year] }),
    },
  });
}

async function change({ car, etag }: VersionedCar, fields: CarFields): Promise<void> {
  const changed = FIELD_NAMES.filter((name) => fields[name] !== car[name]);
  if (changed.length === 0) {
    editing.value = undefined;
    return;
  }
  try {
    const saved = await changeCar(
      car.id,
      Object.fromEntries(changed.map((name) => [name, fields[name]])),
      etag,
    );
    finish(saved.car);
  } catch (error) {
    if (isProblem(error, 'car-not-found')) return loseCar(car);
    if (!isProblem(error, 'version-mismatch')) throw error;
    await compare(car, fields);
  }
}

/** Shows both versions, unless they are the same: then an earlier attempt was applied, although its response was lost. */
async function compare(original: Car, mine: CarFields): Promise<void> {
  const theirs = await getCar(original.id).catch((error: unknown) => {
    if (!isProblem(error, 'car-not-found')) throw error;
  });
  if (theirs === undefined) return loseCar(original);
  if (FIELD_NAMES.every((name) => theirs.car[name] === mine[name])) return finish(theirs.car);
  editing.value = undefined;
  conflict.value = { original, mine, theirs };
}

function loseCar(car: Car): void {
  editing.value = undefined;
  notify(texts.value.gone(nameOf(car)), { tone: 'error' });
  reloadList();
}

function finish(car: Car): void {
  editing.value = undefined;
  list.value?.replace(car);
  notify(texts.value.saved(nameOf(car)));
}

/** Ends the conflict: with the fields that the visitor chose, or with the other's version. */
export async function settle(fields: CarFields): Promise<void> {
  const { theirs, original } = conflict.value ?? {};
  conflict.value = undefined;
  if (theirs === undefined || original === undefined) return;
  list.value?.replace(theirs.car);
  try {
    await change(theirs, fields);
  } catch (error) {
    notify(describeError(error), { tone: 'error' });
  }
}
