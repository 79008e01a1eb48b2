/** A part of the page that is loaded when it is first shown. */

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { texts } from '../texts/texts.ts';
import { notify } from './notices.tsx';

export function Lazy({ load }: { load: () => Promise<ComponentType> }) {
  const [Part, setPart] = useState<ComponentType>();
  useEffect(() => {
    load().then(
      (part) => setPart(() => part),
      // After an update of the service, the file of an older page is gone.
      () => {
        const action = { label: texts.value.reload, run: () => location.reload() };
        notify(texts.value.errors.updated, { tone: 'error', action });
      },
    );
  }, []);
  return Part === undefined ? null : <Part />;
}
