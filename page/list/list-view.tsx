/** The list with what stands around it: how many cars, the filters, and what to do when there is none. */

import { startAdding } from '../edit/editing.ts';
import { mayWrite } from '../state/session.ts';
import { openTask } from '../state/task.ts';
import { filterBy, filterKey, NO_FILTER } from '../state/view.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { describeError, explanationOf } from '../ui/describe-error.ts';
import { Icon } from '../ui/icon.tsx';
import { CarGrid } from './car-grid.tsx';
import { list, listError, retryList } from './car-list.ts';

export function ListView() {
  const pages = list.value;
  const error = listError.value;
  if (error !== undefined && (pages === undefined || !pages.isStarted))
    return <LoadingError error={error} retry={retryList} />;
  if (pages === undefined) return <div class="starting" role="status" aria-label={texts.value.loading} />;
  if (pages.rowCount === 0) return filterKey.value === '' ? <Empty /> : <NoMatch />;
  return (
    <>
      {error !== undefined && (
        <div class="banner" role="alert">
          <Icon name="warning" />
          <span>{describeError(error)}</span>
          <button type="button" class="button" onClick={retryList}>
            {texts.value.retry}
          </button>
        </div>
      )}
      <CarGrid pages={pages} />
    </>
  );
}

/** How many cars the list shows, as far as known. */
export function ListSize() {
  const total = list.value?.total.value;
  const words = texts.value;
  if (total === undefined) return <p class="list-size">{words.cars}</p>;
  const text = filterKey.value === '' ? words.carsCount : words.carsFound;
  return (
    <p class="list-size" role="status">
      {text(total, formatNumber(total))}
    </p>
  );
}

export function LoadingError({ error, retry }: { error: unknown; retry: () => void }) {
  const words = texts.value;
  const explanation = explanationOf(error);
  return (
    <div class="state" role="alert">
      <div class="state-icon error-text">
        <Icon name="warning" />
      </div>
      <h2>{words.errors.title}</h2>
      <p>{describeError(error)}</p>
      <div class="state-actions">
        <button type="button" class="button primary" onClick={retry}>
          {words.retry}
        </button>
        {explanation !== undefined && (
          <a class="button" href={explanation}>
            {words.errors.explain}
          </a>
        )}
      </div>
    </div>
  );
}

function Empty() {
  const { empty, add, import: words } = texts.value;
  return (
    <div class="state">
      <div class="state-icon">
        <Icon name="list" />
      </div>
      <h2>{empty.title}</h2>
      <p>{mayWrite.value ? empty.text : empty.readOnly}</p>
      {mayWrite.value && (
        <div class="state-actions">
          <button type="button" class="button" onClick={startAdding}>
            {add}
          </button>
          <button type="button" class="button primary" onClick={() => openTask('import')}>
            {words.choose}
          </button>
        </div>
      )}
    </div>
  );
}

function NoMatch() {
  const { noMatch, clearFilters } = texts.value;
  return (
    <div class="state">
      <div class="state-icon">
        <Icon name="search" />
      </div>
      <h2>{noMatch.title}</h2>
      <p>{noMatch.text}</p>
      <div class="state-actions">
        <button type="button" class="button" onClick={() => filterBy(NO_FILTER)}>
          {clearFilters}
        </button>
      </div>
    </div>
  );
}
