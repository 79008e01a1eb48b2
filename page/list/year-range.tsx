/** Two fields that limit the years from below and above. */

import type { TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import { filterBy, view } from '../state/view.ts';
import { texts } from '../texts/texts.ts';

export const YEAR_MIN = 1886;
export const YEAR_MAX = 2100;

export function YearRange() {
  const { filter: words } = texts.value;
  return (
    <div class="year-range">
      <YearField name="yearMin" label={words.from} />
      <YearField name="yearMax" label={words.to} />
    </div>
  );
}

/** A year that no car can have changes no filter. A redraw keeps what is typed. */
function YearField({ name, label }: { name: 'yearMin' | 'yearMax'; label: string }) {
  const [typed, setTyped] = useState<string>();
  const [isFaulty, setIsFaulty] = useState(false);
  const accept = ({ currentTarget: { value, validity } }: TargetedEvent<HTMLInputElement>) => {
    if (typed === undefined) return;
    setIsFaulty(!validity.valid);
    setTyped(validity.valid ? undefined : value);
    if (validity.valid) filterBy({ [name]: value === '' ? undefined : Number(value) });
  };
  return (
    <div>
      <label class="field">
        <span class="label">{label}</span>
        <input
          type="number"
          class="input"
          min={YEAR_MIN}
          max={YEAR_MAX}
          value={typed ?? view.value.filter[name] ?? ''}
          aria-invalid={isFaulty}
          aria-describedby={isFaulty ? `${name}-fault` : undefined}
          onInput={({ currentTarget: { value } }) => setTyped(value)}
          onChange={accept}
          // A field may be left without a `change`, if a redraw has set its value.
          onBlur={accept}
        />
      </label>
      {isFaulty && (
        <span id={`${name}-fault`} class="fault" role="alert">
          {texts.value.rules.year}
        </span>
      )}
    </div>
  );
}
