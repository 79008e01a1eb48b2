/** Switches between the list and the charts. */

import { show, view } from '../state/view.ts';
import { texts } from '../texts/texts.ts';
import { Icon } from '../ui/icon.tsx';

export function ViewSwitch() {
  const words = texts.value;
  return (
    <div class="switch" role="group" aria-label={words.view}>
      {(['list', 'charts'] as const).map((name) => (
        <button key={name} type="button" aria-pressed={view.value.shows === name} onClick={() => show(name)}>
          <Icon name={name} />
          {words[name]}
        </button>
      ))}
    </div>
  );
}
