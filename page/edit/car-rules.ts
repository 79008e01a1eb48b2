/** The rules of a car, which are checked before a request is sent. The service checks them again. */

import type { CarFields, FieldName } from '../api/cars.ts';
import { type Fault, ProblemError } from '../api/problem.ts';
import { YEAR_MAX, YEAR_MIN } from '../list/year-range.tsx';
import { isolate } from '../texts/isolate.ts';
import { texts } from '../texts/texts.ts';

/** A car while it is typed. */
export type Draft = Readonly<Record<FieldName, string>>;

/** What is wrong with each field. */
export type Faults = Readonly<Partial<Record<FieldName, string>>>;

const MAX_LENGTH = 100;
const CONTROL = /\p{Cc}/u;

export const NO_DRAFT: Draft = { brand: '', model: '', year: '' };

export function draftOf({ brand, model, year }: CarFields): Draft {
  return { brand, model, year: String(year) };
}

export function fieldsOf({ brand, model, year }: Draft): CarFields {
  return { brand: normalise(brand), model: normalise(model), year: Number(year) };
}

/** As the service stores texts. */
const normalise = (text: string) => text.trim().normalize('NFC');

export function checkDraft({ brand, model, year }: Draft): Faults {
  const { rules } = texts.value;
  const checked = { brand: checkText(brand), model: checkText(model) };
  const isYear = /^\d+$/.test(year.trim()) && Number(year) >= YEAR_MIN && Number(year) <= YEAR_MAX;
  return {
    ...(checked.brand !== undefined && { brand: checked.brand }),
    ...(checked.model !== undefined && { model: checked.model }),
    ...(!isYear && { year: year.trim() === '' ? rules.required : rules.year }),
  };
}

function checkText(text: string): string | undefined {
  const { rules } = texts.value;
  const normal = normalise(text);
  if (normal === '') return rules.required;
  if (CONTROL.test(normal)) return rules.control;
  return [...normal].length > MAX_LENGTH ? rules.tooLong : undefined;
}

/** The faults that the service found, at their fields; undefined if the error is of another kind. */
export function faultsOf(error: unknown): Faults | undefined {
  if (!(error instanceof ProblemError) || error.code !== 'invalid-car') return undefined;
  const faults = (error.problem.errors ?? []).filter(hasPointer);
  return Object.fromEntries(faults.map(({ pointer, detail }) => [pointer.slice(1), detail]));
}

function hasPointer(fault: Fault): fault is Fault & { pointer: string } {
  return fault.pointer !== undefined;
}

/** A car as a text, to name it in messages. */
export function nameOf({ brand, model, year }: CarFields): string {
  return `${isolate(brand)} ${isolate(model)} ${year}`;
}
