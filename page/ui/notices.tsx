/** Short messages at the bottom of the page, which screen readers announce. */

import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
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
  const remove = () => {
    notices.value = notices.value.filter((other) => other !== notice);
  };
  if (tone !== 'error') setTimeout(remove, duration);
  return remove;
}

export function Notices() {
  /** What had the focus before it came here. */
  const before = useRef<HTMLElement>(undefined);
  const dismiss = (notice: Notice) => {
    notices.value = notices.value.filter((other) => other !== notice);
    before.current?.focus();
  };
  return (
    <div
      class="notices"
      role="status"
      aria-live="polite"
      onFocusIn={({ relatedTarget, currentTarget }) => {
        if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget))
          before.current = relatedTarget;
      }}
    >
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice ${notice.tone}`}>
          {notice.tone === 'error' && <Icon name="warning" />}
          <span>{notice.text}</span>
          {notice.action && (
            <button
              type="button"
              class="button inverse"
              onClick={() => {
                notice.action?.run();
                dismiss(notice);
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button
            type="button"
            class="button inverse icon-only"
            aria-label={texts.value.close}
            onClick={() => dismiss(notice)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
