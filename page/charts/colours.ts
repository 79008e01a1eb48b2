/** The colours of the style sheet, for drawings on a canvas. */

import { signal } from '@preact/signals';

/** Counts the changes between light and dark. */
export const schemeChanges = signal(0);

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  schemeChanges.value += 1;
});

/** The colour of a custom property as it is now. */
export function colourOf(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export const SERIES = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];
