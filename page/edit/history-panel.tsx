/** A car's history as a timeline, newest first. */

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { type Car, type Change, FIELD_NAMES, getHistory, type HistoryPage } from '../api/cars.ts';
import { isAbort } from '../api/problem.ts';
import { formatTime, texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { nameOf } from './car-rules.ts';

const shown = signal<Car | undefined>(undefined);

export function showHistory(car: Car): void {
  shown.value = car;
}

export function closeHistory(): void {
  shown.value = undefined;
}

const ICONS: Readonly<Record<Change['change'], IconName>> = {
  created: 'add',
  updated: 'edit',
  deleted: 'delete',
};

export function HistoryPanel() {
  const car = shown.value;
  return car === undefined ? null : <Timeline key={car.id} car={car} />;
}

function Timeline({ car }: { car: Car }) {
  const { timeline: words, loading } = texts.value;
  const [read, setRead] = useState<HistoryPage>();
  const [cursor, setCursor] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  const [isReading, setReading] = useState(true);
  const [error, setError] = useState<unknown>();
  const changes = read?.changes;

  useEffect(() => {
    const abort = new AbortController();
    setError(undefined);
    setReading(true);
    getHistory(car.id, cursor, abort.signal)
      .then(
        (page) =>
          setRead((newer) => ({ changes: [...(newer?.changes ?? []), ...page.changes], next: page.next })),
        (reason: unknown) => {
          if (!isAbort(reason)) setError(reason);
        },
      )
      .finally(() => setReading(false));
    return () => abort.abort();
  }, [car.id, cursor, attempt]);

  return (
    <Dialog title={words.title} class="side" close={closeHistory}>
      <p class="muted car-name">{nameOf(car)}</p>
      {changes === undefined && error === undefined && <p class="muted">{loading}</p>}
      {changes?.length === 0 && <p class="muted">{words.empty}</p>}
      <ol class="timeline">
        {changes?.map((change) => (
          <li key={change.version} class={change.change}>
            <span class="dot">
              <Icon name={ICONS[change.change]} />
            </span>
            <div>
              <h3>
                {words[change.change]}
                {change.caller !== '' && <span class="muted"> {words.by(change.caller)}</span>}
              </h3>
              <p class="hint">
                <time dateTime={change.time}>{formatTime(change.time)}</time> ·{' '}
                {words.version(change.version)}
              </p>
              <Differences change={change} />
            </div>
          </li>
        ))}
      </ol>
      {error !== undefined && (
        <p class="error-text" role="alert">
          {describeError(error)}
        </p>
      )}
      {read?.next !== undefined && (
        <button
          type="button"
          class="button"
          // A disabled button would lose the focus.
          aria-disabled={isReading}
          onClick={() => {
            if (isReading) return;
            setCursor(read.next);
            setAttempt(attempt + 1);
          }}
        >
          {isReading ? loading : words.older}
        </button>
      )}
    </Dialog>
  );
}

/** The fields that the change touched; of a new car, all. */
function Differences({ change: { before, after } }: { change: Change }) {
  const { fields, timeline: words } = texts.value;
  const touched = FIELD_NAMES.filter((name) => before?.[name] !== after?.[name]);
  if (after === null) return null;
  return (
    <dl class="differences">
      {touched.map((name) => (
        <div key={name}>
          <dt>{fields[name]}</dt>
          <dd>
            {before !== null && (
              <>
                <span class="visually-hidden">{words.from} </span>
                <del>{before[name]}</del> <span class="visually-hidden">{words.to} </span>
              </>
            )}
            <span class="after">{after[name]}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
