/** Keys that work everywhere on the page, except in fields and dialogues. */

import { undoDeletion } from '../edit/deletions.ts';
import { isTyping } from '../list/search-field.tsx';
import { mayWrite } from '../state/session.ts';
import { openTask, task } from '../state/task.ts';
import { openAddForm } from './page-head.tsx';

export function followShortcuts(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || isTyping(event) || task.peek() !== undefined) return;
    if (event.altKey || document.querySelector('dialog[open]') !== null) return;
    // Caps Lock makes letters large.
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      // With Shift, it would be a redo.
      if (key === 'z' && !event.shiftKey && undoDeletion()) event.preventDefault();
      return;
    }
    if (key === '?') openTask('keys');
    else if (key === 'n' && mayWrite.peek()) openAddForm();
    else return;
    event.preventDefault();
  });
}
