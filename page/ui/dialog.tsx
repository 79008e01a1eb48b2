/** A dialogue above the page. The browser keeps the focus in it and closes it on Escape. */

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { texts } from '../texts/texts.ts';
import { Icon } from './icon.tsx';

interface DialogProps {
  readonly title: string;
  readonly class?: string;
  readonly close: () => void;
  /** What Escape and the button do, if they do not close it. */
  readonly dismiss?: () => void;
  /** When it changes, the focus moves to the title: what had it may be gone. */
  readonly step?: string;
  readonly children: ComponentChildren;
}

export function Dialog({ title, class: name = '', close, dismiss = close, step, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  const shownStep = useRef(step);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useEffect(() => {
    if (shownStep.current !== step && heading.current !== null) {
      // Not before, because the browser would begin there when it opens the dialogue.
      heading.current.tabIndex = -1;
      heading.current.focus();
    }
    shownStep.current = step;
  }, [step]);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${name}`}
      aria-labelledby={id}
      onClose={close}
      onCancel={(event) => {
        // A file field also has such an event, which bubbles.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        dismiss();
      }}
    >
      <h2 ref={heading} id={id}>
        {title}
      </h2>
      <div class="dialog-body">{children}</div>
      {/* The last one, so that the focus begins in the body. */}
      <button
        type="button"
        class="button quiet icon-only close"
        aria-label={texts.value.close}
        onClick={dismiss}
      >
        <Icon name="close" />
      </button>
    </dialog>
  );
}
