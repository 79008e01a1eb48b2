/** The form above the list that adds a car. It stays open for the next one. */

import { texts } from '../texts/texts.ts';
import { CarFieldInputs } from './car-fields.tsx';
import { cancelEditing, editing, saveEditing } from './editing.ts';

export function AddForm() {
  const words = texts.value;
  const current = editing.value;
  if (current === undefined || current.original !== undefined) return null;
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
