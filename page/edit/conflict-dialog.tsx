/** Shows both versions of a car that two people changed. For each difference, the visitor chooses one. */

import { useState } from 'preact/hooks';
import { FIELD_NAMES, type FieldName } from '../api/cars.ts';
import { texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { Dialog } from '../ui/dialog.tsx';
import { type Conflict, conflict, endConflict, settle } from './editing.ts';

export function ConflictDialog() {
  const current = conflict.value;
  return current === undefined ? null : <Choice key={current.theirs.etag} conflict={current} />;
}

function Choice({ conflict: { original, mine, theirs } }: { conflict: Conflict }) {
  const { conflict: words, fields, saving } = texts.value;
  const differences = FIELD_NAMES.filter((name) => mine[name] !== theirs.car[name]);
  // A field that the visitor did not touch keeps the other version.
  const [kept, setKept] = useState<readonly FieldName[]>(
    differences.filter((name) => mine[name] !== original[name]),
  );
  const [isSaving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setSaving(true);
    setError(undefined);
    const chosen = kept.map((name) => [name, mine[name]]);
    await settle({ ...theirs.car, ...Object.fromEntries(chosen) }).catch(setError);
    setSaving(false);
  };
  const keep = (name: FieldName, isMine: boolean) =>
    setKept(isMine ? [...kept, name] : kept.filter((other) => other !== name));

  const option = (name: FieldName, isMine: boolean, label: string) => (
    <label class="choice">
      <input
        type="radio"
        name={`keep-${name}`}
        checked={kept.includes(name) === isMine}
        onChange={() => keep(name, isMine)}
        aria-label={`${fields[name]}, ${label}: ${(isMine ? mine : theirs.car)[name]}`}
      />
      <span class="text">{(isMine ? mine : theirs.car)[name]}</span>
    </label>
  );

  return (
    <Dialog title={words.title} close={() => isSaving || endConflict()}>
      <p class="muted">{words.text}</p>
      <table class="conflict">
        <thead>
          <tr>
            <th scope="col">{words.field}</th>
            <th scope="col">{words.theirs}</th>
            <th scope="col">{words.yours}</th>
          </tr>
        </thead>
        <tbody>
          {FIELD_NAMES.map((name) => (
            <tr key={name} class={differences.includes(name) ? 'differs' : ''}>
              <th scope="row">{fields[name]}</th>
              {differences.includes(name) ? (
                <>
                  <td>{option(name, false, words.theirs)}</td>
                  <td>{option(name, true, words.yours)}</td>
                </>
              ) : (
                <td colSpan={2}>
                  <span class="text">{theirs.car[name]}</span>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {error !== undefined && (
        <p class="error-text" role="alert">
          {describeError(error)}
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" disabled={isSaving} onClick={endConflict}>
          {words.takeTheirs}
        </button>
        <button type="button" class="button primary" disabled={isSaving} onClick={() => void save()}>
          {isSaving ? saving : words.keepMine}
        </button>
      </div>
    </Dialog>
  );
}
