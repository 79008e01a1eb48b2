/** What the page shows instead of cars: why there are none, and what the visitor can do. */

import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface StateMessageProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  /** Read out at once, and in the colour of errors. */
  readonly isError?: boolean;
  /** Buttons and links. */
  readonly children?: ComponentChildren;
}

export function StateMessage({ icon, title, text, isError = false, children }: StateMessageProps) {
  return (
    <div class="state" role={isError ? 'alert' : undefined}>
      <div class={`state-icon ${isError ? 'error-text' : ''}`}>
        <Icon name={icon} />
      </div>
      <h2>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      {children && <div class="state-actions">{children}</div>}
    </div>
  );
}
