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
    if (event.ctrlKey || event.metaKey) {
      if (event.key === 'z' && undoDeletion()) event.preventDefault();
      return;
    }
    if (event.key === '?') openTask('keys');
    else if (event.key === 'n' && mayWrite.peek()) openAddForm();
    else return;
    event.preventDefault();
  });
}
