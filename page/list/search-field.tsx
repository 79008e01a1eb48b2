/** The search field: the list follows while the visitor types. */

import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { filterBy, view } from '../state/view.ts';
import { texts } from '../texts/texts.ts';
import { Icon } from '../ui/icon.tsx';

/** The service searches for 2 to 100 characters. */
const MIN = 2;
const MAX = 100;

/** Long enough to skip the letters in the middle of a word that is typed fast. */
const PAUSE = 120;

const typed = signal(view.peek().filter.q);

/** The text that was last searched for, which lags behind what is typed. */
let searched = typed.peek();
let timer: ReturnType<typeof setTimeout> | undefined;

// Another text came from elsewhere: from a chip, or from the URL. It takes the place of what is typed.
effect(() => {
  const { q } = view.value.filter;
  if (q === searched) return;
  clearTimeout(timer);
  searched = q;
  typed.value = q;
});

function type(text: string): void {
  typed.value = text;
  clearTimeout(timer);
  const search = () => {
    searched = searchable(text);
    filterBy({ q: searched });
  };
  timer = setTimeout(search, text === '' ? 0 : PAUSE);
}

export function SearchField() {
  const words = texts.value;
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event)) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);

  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        class="input"
        maxLength={MAX}
        placeholder={words.search}
        aria-label={words.search}
        aria-keyshortcuts="/"
        title={words.searchShort}
        value={typed.value}
        onInput={({ currentTarget }) => type(currentTarget.value)}
      />
      {typed.value === '' ? (
        <kbd>/</kbd>
      ) : (
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={words.clearSearch}
          onClick={() => {
            type('');
            field.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

function searchable(text: string): string {
  const trimmed = text.trim();
  return [...trimmed].length < MIN ? '' : trimmed;
}

/** Whether a key belongs to a field. */
export function isTyping({ target }: Event): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
