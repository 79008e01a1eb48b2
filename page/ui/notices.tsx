/** Short messages at the bottom of the page, which screen readers announce. */

import { signal } from '@preact/signals';
import { texts } from '../texts/texts.ts';
import { Icon } from './icon.tsx';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'error';
  readonly action: { readonly label: string; run(): void } | undefined;
}

const SHOWN_FOR = 6000;
const MAX = 4;

const notices = signal<readonly Notice[]>([]);
let lastId = 0;

/** Shows a message; returns what removes it. An error stays until it is closed. */
export function notify(
  text: string,
  {
    tone = 'plain',
    action,
    duration = SHOWN_FOR,
  }: Partial<Omit<Notice, 'id' | 'text'>> & { duration?: number } = {},
): () => void {
  lastId += 1;
  const notice: Notice = { id: lastId, text, tone, action };
  notices.value = [...notices.value, notice].slice(-MAX);
  const dismiss = () => remove(notice);
  if (tone !== 'error') setTimeout(dismiss, duration);
  return dismiss;
}

/** What had the focus before it came to the notices. */
let before: HTMLElement | undefined;

/** A notice that has the focus gives it back. */
function remove(notice: Notice): void {
  const hasFocus = document.getElementById(idOf(notice))?.contains(document.activeElement);
  notices.value = notices.value.filter((other) => other !== notice);
  if (!hasFocus) return;
  const next = before?.isConnected ? before : document.querySelector<HTMLElement>('main [tabindex="0"]');
  next?.focus();
}

const idOf = ({ id }: Notice) => `notice-${id}`;

export function Notices() {
  return (
    <div
      class="notices"
      role="status"
      aria-live="polite"
      onFocusIn={({ relatedTarget, currentTarget }) => {
        if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget))
          before = relatedTarget;
      }}
    >
      {notices.value.map((notice) => (
        <div key={notice.id} id={idOf(notice)} class={`notice ${notice.tone}`}>
          {notice.tone === 'error' && <Icon name="warning" />}
          <span>{notice.text}</span>
          {notice.action && (
            <button
              type="button"
              class="button inverse"
              onClick={() => {
                notice.action?.run();
                remove(notice);
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button
            type="button"
            class="button inverse icon-only"
            aria-label={texts.value.close}
            onClick={() => remove(notice)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
