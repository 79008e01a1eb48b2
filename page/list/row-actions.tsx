/** The commands of a row: edit, history, delete, and undo. Only what the visitor may do. */

import { useEffect, useRef } from 'preact/hooks';
import type { Car } from '../api/cars.ts';
import { nameOf } from '../edit/car-rules.ts';
import { deletions, startDeletion, undoDeletion } from '../edit/deletions.ts';
import { startEditing } from '../edit/editing.ts';
import { showHistory } from '../edit/history-panel.tsx';
import { maySeeHistory, mayWrite } from '../state/session.ts';
import { texts } from '../texts/texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { isNarrow } from '../ui/is-narrow.ts';
import { Popover } from '../ui/popover.tsx';
import { activeCell, focusCellSoon, useCell } from './grid-focus.ts';

interface Action {
  readonly icon: IconName;
  readonly label: string;
  readonly short: string;
  run(): void;
}

interface RowActionsProps {
  readonly car: Car;
  readonly row: number;
  /** The column of the first command. */
  readonly firstColumn: number;
}

export function RowActions({ car, row, firstColumn }: RowActionsProps) {
  const words = texts.value;
  const deletion = deletions.value.get(car.id);
  useKeptFocus(row, deletion);
  if (deletion === 'sent') return <DeletedCell row={row} column={firstColumn} />;
  if (deletion === 'waiting') {
    const undo = () => {
      undoDeletion(car.id);
      focusCellSoon({ row, column: 1 });
    };
    return (
      <div role="gridcell" class="cell actions" aria-colindex={firstColumn + 1}>
        <ActionButton row={row} column={firstColumn} label={`${words.undo}: ${nameOf(car)}`} run={undo}>
          <Icon name="undo" />
          {words.undo}
        </ActionButton>
      </div>
    );
  }
  const actions = actionsOf(car, row, firstColumn);
  if (actions.length === 0) return null;
  // There is room for one button only.
  if (isNarrow.value) return <ActionMenu car={car} actions={actions} row={row} column={firstColumn} />;
  return (
    <div class="action-cells" role="presentation">
      {actions.map(({ icon, label, run }, index) => (
        <div key={icon} role="gridcell" class="cell action" aria-colindex={firstColumn + index + 1}>
          <ActionButton row={row} column={firstColumn + index} label={label} run={run}>
            <Icon name={icon} />
          </ActionButton>
        </div>
      ))}
    </div>
  );
}

/** A change of the deletion replaces the buttons of the row. If one of them had the focus, what takes its place gets it. */
function useKeptFocus(row: number, deletion: 'waiting' | 'sent' | undefined): void {
  const before = useRef(deletion);
  useEffect(() => {
    if (before.current === deletion) return;
    before.current = deletion;
    const frame = requestAnimationFrame(() => {
      const cell = activeCell.peek();
      if (cell.row === row && document.activeElement === document.body) focusCellSoon(cell);
    });
    return () => cancelAnimationFrame(frame);
  }, [row, deletion]);
}

/** It can have the focus, because a grid must have one cell that Tab reaches. */
function DeletedCell({ row, column }: { row: number; column: number }) {
  const cell = useCell(row, column);
  return (
    <div role="gridcell" class="cell actions muted" aria-colindex={column + 1} {...cell}>
      {texts.value.deletedShort}
    </div>
  );
}

function actionsOf(car: Car, row: number, firstColumn: number): Action[] {
  const words = texts.value;
  const name = nameOf(car);
  const edit: Action = {
    icon: 'edit',
    label: words.edit(name),
    short: words.editShort,
    run: () => void startEditing(car, 'brand'),
  };
  const history: Action = {
    icon: 'history',
    label: words.history(name),
    short: words.historyShort,
    run: () => showHistory(car),
  };
  const remove: Action = {
    icon: 'delete',
    label: words.delete(name),
    short: words.deleteShort,
    run: () => {
      void startDeletion(car);
      focusCellSoon({ row, column: firstColumn });
    },
  };
  return [
    ...(mayWrite.value ? [edit] : []),
    ...(maySeeHistory.value ? [history] : []),
    ...(mayWrite.value ? [remove] : []),
  ];
}

interface ActionButtonProps {
  readonly row: number;
  readonly column: number;
  readonly label: string;
  readonly run: () => void;
  readonly children: preact.ComponentChildren;
}

function ActionButton({ row, column, label, run, children }: ActionButtonProps) {
  const cell = useCell(row, column);
  return (
    <button type="button" class="button quiet" aria-label={label} title={label} {...cell} onClick={run}>
      {children}
    </button>
  );
}

interface ActionMenuProps {
  readonly car: Car;
  readonly actions: readonly Action[];
  readonly row: number;
  readonly column: number;
}

function ActionMenu({ car, actions, row, column }: ActionMenuProps) {
  const cell = useCell(row, column);
  return (
    <div role="gridcell" class="cell action" aria-colindex={column + 1}>
      <Popover
        label={texts.value.carActions(nameOf(car))}
        button={<Icon name="more" />}
        panelClass="menu"
        opener={cell}
      >
        {(close) =>
          actions.map(({ icon, short, run }) => (
            <button
              key={icon}
              type="button"
              class="menu-item"
              onClick={() => {
                close();
                run();
              }}
            >
              <Icon name={icon} />
              {short}
            </button>
          ))
        }
      </Popover>
    </div>
  );
}
