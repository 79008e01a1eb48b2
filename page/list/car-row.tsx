/** A row of the grid: a car, the fields to edit it, or a placeholder until it is read. */

import type { ComponentChildren } from 'preact';
import { type Car, FIELD_NAMES, type FieldName } from '../api/cars.ts';
import { CarFieldInputs } from '../edit/car-fields.tsx';
import { deletions } from '../edit/deletions.ts';
import { cancelEditing, type Editing, editing, saveEditing, startEditing } from '../edit/editing.ts';
import { mayWrite } from '../state/session.ts';
import { texts } from '../texts/texts.ts';
import { focusCellSoon, useCell } from './grid-focus.ts';
import { RowActions } from './row-actions.tsx';

interface RowProps {
  readonly index: number;
  readonly car: Car | undefined;
  /** Pixels from the top of the list. */
  readonly start: number;
  readonly measure: (row: HTMLElement | null) => void;
}

/** The header is the first row. */
const HEADER_ROWS = 1;

export function CarRow({ index, car, start, measure }: RowProps) {
  const edited = editing.value?.original?.car.id === car?.id ? editing.value : undefined;
  const deletion = car && deletions.value.get(car.id);
  const isEdited = car !== undefined && edited?.original !== undefined;
  return (
    <div
      ref={measure}
      role="row"
      class={`row ${car === undefined ? 'placeholder' : ''} ${deletion ? 'deleted' : ''} ${isEdited ? 'edited' : ''}`}
      aria-rowindex={index + 1 + HEADER_ROWS}
      data-index={index}
      style={{ transform: `translateY(${start}px)` }}
    >
      {isEdited ? (
        <EditedCells car={car} row={index} editing={edited} />
      ) : (
        <>
          {(['id', ...FIELD_NAMES] as const).map((field, column) => (
            <TextCell key={field} field={field} row={index} column={column} car={car} />
          ))}
          {car !== undefined && <RowActions car={car} row={index} firstColumn={1 + FIELD_NAMES.length} />}
        </>
      )}
    </div>
  );
}

interface TextCellProps {
  readonly field: FieldName | 'id';
  readonly row: number;
  readonly column: number;
  readonly car: Car | undefined;
}

function TextCell({ field, row, column, car }: TextCellProps) {
  const cell = useCell(row, column);
  const text = car && String(car[field]);
  const edit = () => {
    const isEditable = car !== undefined && mayWrite.value && !deletions.value.has(car.id);
    if (isEditable) void startEditing(car, field === 'id' ? 'brand' : field);
  };
  return (
    <div
      role="gridcell"
      class={`cell ${field}`}
      aria-colindex={column + 1}
      {...cell}
      onDblClick={edit}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'F2') return;
        event.preventDefault();
        edit();
      }}
    >
      {text === undefined ? <span class="bone" /> : <Text text={text} />}
    </div>
  );
}

function Text({ text }: { text: string }): ComponentChildren {
  return (
    <span class="text" title={text}>
      {text}
    </span>
  );
}

function EditedCells({ car, row, editing: current }: { car: Car; row: number; editing: Editing }) {
  const words = texts.value;
  const leave = () => focusCellSoon({ row, column: 1 + FIELD_NAMES.indexOf(current.field) });
  const cancel = () => {
    cancelEditing();
    leave();
  };
  const save = async () => {
    if (await saveEditing()) leave();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') cancel();
    if (event.key !== 'Enter' || event.target instanceof HTMLButtonElement) return;
    event.preventDefault();
    void save();
  };
  return (
    <div class="edited-cells" role="presentation" onKeyDown={onKeyDown}>
      <div role="gridcell" class="cell id" aria-colindex={1}>
        <Text text={String(car.id)} />
      </div>
      <CarFieldInputs
        editing={current}
        showLabels={false}
        cell={(name) => ({
          class: `cell ${name}`,
          role: 'gridcell',
          'aria-colindex': 2 + FIELD_NAMES.indexOf(name),
        })}
      />
      <div role="gridcell" class="cell actions" aria-colindex={5}>
        <button type="button" class="button" onClick={cancel}>
          {words.cancel}
        </button>
        <button type="button" class="button primary" disabled={current.isSaving} onClick={() => void save()}>
          {current.isSaving ? words.saving : words.save}
        </button>
      </div>
    </div>
  );
}
