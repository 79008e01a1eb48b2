/** A button that opens a panel beside it. The browser closes it on Escape and on a click elsewhere. */

import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface PopoverProps {
  readonly label: string;
  readonly button: ComponentChildren;
  readonly class?: string;
  readonly panelClass?: string;
  /** More attributes of the button. */
  readonly opener?: ButtonHTMLAttributes;
  /** Drawn when the panel is open. */
  readonly children: (close: () => void) => ComponentChildren;
}

/** Pixels between the panel and the edges of the window, and between the panel and its button. */
const MARGIN = 8;
const GAP = 6;

export function Popover({
  label,
  button,
  class: name = 'button quiet icon-only',
  panelClass,
  opener: openerAttributes,
  children,
}: PopoverProps) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  // The panel grows when what it shows is loaded.
  useLayoutEffect(() => {
    if (!isOpen || panel.current === null) return;
    const observer = new ResizeObserver(() => place(panel.current, opener.current));
    observer.observe(panel.current);
    return () => observer.disconnect();
  }, [isOpen]);

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
        {...openerAttributes}
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

/** Below the button; if there is no room, above it, or else over it. Always inside the window. */
function place(panel: HTMLElement | null, opener: HTMLElement | null): void {
  if (panel === null || opener === null) return;
  const { top, bottom, left, right } = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const fitsBelow = bottom + GAP + height <= innerHeight - MARGIN;
  const above = top - GAP - height;
  const lowest = Math.max(MARGIN, innerHeight - MARGIN - height);
  const wantedLeft = left > innerWidth / 2 ? right - width : left - MARGIN;
  panel.style.top = `${fitsBelow ? bottom + GAP : above >= MARGIN ? above : lowest}px`;
  panel.style.left = `${Math.max(MARGIN, Math.min(wantedLeft, innerWidth - MARGIN - width))}px`;
}
