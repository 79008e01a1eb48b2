/** The fields in which a car is typed, each with what is wrong with it. */

import { useLayoutEffect } from 'preact/hooks';
import { FIELD_NAMES, type FieldName } from '../api/cars.ts';
import { texts } from '../texts/texts.ts';
import { changeDraft, type Editing } from './editing.ts';

const FIELDS_ID = 'car-field';

/** @param cell attributes of the element around each field. */
export function CarFieldInputs({
  editing,
  cell,
  showLabels,
}: {
  editing: Editing;
  cell: (name: FieldName) => Record<string, string | number>;
  showLabels: boolean;
}) {
  const { fields } = texts.value;

  useLayoutEffect(() => {
    const name = FIELD_NAMES.find((other) => editing.faults[other] !== undefined) ?? editing.field;
    const input = document.getElementById(`${FIELDS_ID}-${name}`);
    input?.focus();
    if (editing.focusRequests === 0 && input instanceof HTMLInputElement) input.select();
  }, [editing.id, editing.focusRequests]);

  return (
    <>
      {FIELD_NAMES.map((name) => {
        const id = `${FIELDS_ID}-${name}`;
        const fault = editing.faults[name];
        return (
          <div key={name} {...cell(name)}>
            {showLabels && (
              <label class="label" for={id}>
                {fields[name]}
              </label>
            )}
            <input
              id={id}
              class="input"
              autocomplete="off"
              inputMode={name === 'year' ? 'numeric' : 'text'}
              placeholder={showLabels ? undefined : fields[name]}
              aria-label={showLabels ? undefined : fields[name]}
              aria-invalid={fault !== undefined}
              aria-describedby={fault === undefined ? undefined : `${id}-fault`}
              readOnly={editing.isSaving}
              value={editing.draft[name]}
              onInput={({ currentTarget }) => changeDraft(name, currentTarget.value)}
            />
            {fault !== undefined && (
              <span id={`${id}-fault`} class="fault" role="alert">
                {fault}
              </span>
            )}
          </div>
        );
      })}
    </>
  );
}
