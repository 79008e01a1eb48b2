/** What a visitor began is nobody else's: it ends when they sign out, or when somebody else signs in. */

import { effect, untracked } from '@preact/signals';
import { session, signOut } from '../state/session.ts';
import { sendDeletionsBeforeSignOut, undoAllDeletions } from './deletions.ts';
import { cancelEditing, conflict } from './editing.ts';
import { closeHistory } from './history-panel.tsx';

export function leaveSession(): void {
  sendDeletionsBeforeSignOut();
  endWork();
  void signOut();
}

/** A key can also expire. Then the visitor's work stays until somebody else signs in. */
export function followVisitor(): () => void {
  let last: string | null | undefined;
  return effect(() => {
    if (session.value === undefined) return;
    const { name } = session.value;
    if (last !== undefined && last !== name)
      untracked(() => {
        undoAllDeletions();
        endWork();
      });
    last = name;
  });
}

function endWork(): void {
  cancelEditing();
  conflict.value = undefined;
  closeHistory();
}
