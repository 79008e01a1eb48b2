/** The form above the list that adds a car. It stays open for the next one. */

import { useLayoutEffect, useState } from 'preact/hooks';
import { texts } from '../texts/texts.ts';
import { CarFieldInputs } from './car-fields.tsx';
import { cancelEditing, type Editing, editing, saveEditing } from './editing.ts';

export function AddForm() {
  const current = editing.value;
  return current === undefined || current.original !== undefined ? null : <Form current={current} />;
}

function Form({ current }: { current: Editing }) {
  const words = texts.value;
  // Read before the first field takes the focus.
  const [before] = useState(() => document.activeElement);
  useLayoutEffect(
    () => () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
    [],
  );
  return (
    <form
      class="add-form"
      aria-label={words.addTitle}
      onSubmit={(event) => {
        event.preventDefault();
        void saveEditing();
      }}
      onKeyDown={({ key }) => key === 'Escape' && cancelEditing()}
    >
      <CarFieldInputs editing={current} showLabels cell={(name) => ({ class: `field ${name}` })} />
      <div class="form-actions">
        <button type="button" class="button" onClick={cancelEditing}>
          {words.close}
        </button>
        <button type="submit" class="button primary" disabled={current.isSaving}>
          {current.isSaving ? words.saving : words.add}
        </button>
      </div>
    </form>
  );
}
