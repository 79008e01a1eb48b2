/** A part of the page that is loaded when it is first shown. */

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { texts } from '../texts/texts.ts';
import { notify } from './notices.tsx';

interface LazyProps {
  readonly load: () => Promise<ComponentType>;
  /** Called if it cannot be loaded: the page is then as it was before. */
  readonly leave: () => void;
}

export function Lazy({ load, leave }: LazyProps) {
  const [Part, setPart] = useState<ComponentType>();
  useEffect(() => {
    let isHere = true;
    load().then(
      (part) => setPart(() => part),
      // After an update of the service, the file of an older page is gone.
      () => {
        if (!isHere) return;
        leave();
        const action = { label: texts.value.reload, run: () => location.reload() };
        notify(texts.value.errors.notLoaded, { tone: 'error', action });
      },
    );
    return () => {
      isHere = false;
    };
  }, []);
  return Part === undefined ? null : <Part />;
}
