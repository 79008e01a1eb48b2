/** Asks for a key. It is kept for the tab, and sent in a header only. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { signIn, signInReason } from '../state/session.ts';
import { texts } from '../texts/texts.ts';
import { Icon } from '../ui/icon.tsx';

export function SignIn() {
  const { session: words } = texts.value;
  const field = useRef<HTMLInputElement>(null);
  const [isChecking, setChecking] = useState(false);
  const [isEmpty, setEmpty] = useState(false);
  const reason = signInReason.value;

  useEffect(() => field.current?.focus(), []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const key = field.current?.value.trim() ?? '';
    setEmpty(key === '');
    if (key === '') return;
    setChecking(true);
    await signIn(key);
    setChecking(false);
    field.current?.select();
  }

  const fault = isEmpty
    ? words.empty
    : reason === 'needed' || reason === undefined
      ? undefined
      : words[reason];
  return (
    <div class="state">
      <form class="sign-in" onSubmit={(event) => void submit(event)}>
        <div class="state-icon">
          <Icon name="person" />
        </div>
        <h2>{words.title}</h2>
        <p>{words.text}</p>
        <div class="field">
          <label class="label" for="api-key">
            {words.key}
          </label>
          <input
            ref={field}
            id="api-key"
            class="input"
            type="password"
            autocomplete="off"
            spellcheck={false}
            aria-invalid={fault !== undefined}
            aria-describedby="api-key-hint"
          />
          <span
            id="api-key-hint"
            class={fault === undefined ? 'hint' : 'fault'}
            role={fault === undefined ? 'note' : 'alert'}
          >
            {fault ?? words.kept}
          </span>
        </div>
        <button type="submit" class="button primary" disabled={isChecking}>
          {words.signIn}
        </button>
      </form>
    </div>
  );
}
