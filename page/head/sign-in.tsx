/** Asks for a key. It is kept for the tab, and sent in a header only. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { focusList } from '../list/grid-focus.ts';
import { session, signIn, signInReason, stopAsking } from '../state/session.ts';
import { texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { Icon } from '../ui/icon.tsx';

export function SignIn() {
  const { session: words } = texts.value;
  const field = useRef<HTMLInputElement>(null);
  const [isChecking, setChecking] = useState(false);
  /** Why the key was not sent, or got no answer. */
  const [failure, setFailure] = useState<string>();
  const reason = signInReason.value;

  useEffect(() => field.current?.focus(), []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const key = field.current?.value.trim() ?? '';
    if (key === '') return setFailure(words.empty);
    // A header cannot carry other characters.
    if (!/^[\x21-\x7e]+$/.test(key)) return setFailure(words.notAKey);
    setFailure(undefined);
    setChecking(true);
    await signIn(key).catch((error: unknown) => setFailure(describeError(error)));
    setChecking(false);
    if (signInReason.peek() === undefined) focusList();
    field.current?.select();
  }

  function cancel(): void {
    stopAsking();
    focusList();
  }

  const rejection = reason === 'needed' || reason === undefined ? undefined : words[reason];
  const fault = failure ?? (isChecking ? undefined : rejection);
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
        {session.value !== undefined && (
          <button type="button" class="button" disabled={isChecking} onClick={cancel}>
            {texts.value.cancel}
          </button>
        )}
      </form>
    </div>
  );
}
