/** A button that opens a panel beside it. The browser closes it on Escape and on a click elsewhere. */

import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

interface PopoverProps {
  readonly label: string;
  readonly button: ComponentChildren;
  readonly class?: string;
  readonly panelClass?: string;
  /** Drawn when the panel is open. */
  readonly children: (close: () => void) => ComponentChildren;
}

/** Pixels between the panel and the edges of the window. */
const MARGIN = 8;

export function Popover({
  label,
  button,
  class: name = 'button quiet icon-only',
  panelClass,
  children,
}: PopoverProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  return (
    <>
      <button
        ref={opener}
        type="button"
        class={name}
        popovertarget={id}
        aria-label={label}
        title={label}
        aria-expanded={isOpen}
      >
        {button}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        class={`panel ${panelClass ?? ''}`}
        role="dialog"
        aria-label={label}
        onBeforeToggle={(event) => event.newState === 'open' && place(panel.current, opener.current)}
        onToggle={({ newState }) => setOpen(newState === 'open')}
      >
        {isOpen && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}

/** Below the button, inside the window. */
function place(panel: HTMLElement | null, opener: HTMLElement | null): void {
  if (panel === null || opener === null) return;
  const { bottom, right, left } = opener.getBoundingClientRect();
  panel.style.top = `${bottom + 6}px`;
  const isOnTheRight = left > innerWidth / 2;
  panel.style.left = isOnTheRight ? 'auto' : `${Math.max(MARGIN, left - MARGIN)}px`;
  panel.style.right = isOnTheRight ? `${Math.max(MARGIN, innerWidth - right)}px` : 'auto';
}
