/** The list with what stands around it: how many cars, the filters, and what to do when there is none. */

import { startAdding } from '../edit/editing.ts';
import { mayWrite } from '../state/session.ts';
import { openTask } from '../state/task.ts';
import { filterBy, NO_FILTER } from '../state/view.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { describeError, explanationOf } from '../ui/describe-error.ts';
import { Icon } from '../ui/icon.tsx';
import { StateMessage } from '../ui/state-message.tsx';
import { CarGrid } from './car-grid.tsx';
import { isLoading, isStale, list, listError, retryList } from './car-list.ts';
import { focusContent } from './grid-focus.ts';

export function ListView() {
  const pages = list.value;
  const error = listError.value;
  if (error !== undefined && (pages === undefined || !pages.isStarted || pages.rowCount === 0))
    return <LoadingError error={error} retry={retryList} />;
  if (pages === undefined) return <div class="starting" role="status" aria-label={texts.value.loading} />;
  if (pages.rowCount === 0) return pages.isFiltered ? <NoMatch /> : <Empty />;
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
  const words = texts.value;
  const pages = list.value;
  const hasFailed = listError.value !== undefined;
  const total = pages?.total.value;
  if (pages === undefined) return <p class="list-size">{hasFailed ? words.cars : words.loading}</p>;
  if (total === undefined || (isStale.value && hasFailed)) return <p class="list-size">{words.cars}</p>;
  const text = pages.isFiltered ? words.carsFound : words.carsCount;
  return (
    <p class="list-size" role="status">
      <span class={isLoading.value ? 'early' : ''}>{text(total, formatNumber(total))}</span>
      {isLoading.value && (
        <span class="late" aria-hidden="true">
          {words.loading}
        </span>
      )}
    </p>
  );
}

export function LoadingError({ error, retry }: { error: unknown; retry: () => void }) {
  const words = texts.value;
  const explanation = explanationOf(error);
  return (
    <StateMessage icon="warning" title={words.errors.title} text={describeError(error)} isError>
      <button type="button" class="button primary" onClick={retry}>
        {words.retry}
      </button>
      {explanation !== undefined && (
        <a class="button" href={explanation}>
          {words.errors.explain}
        </a>
      )}
    </StateMessage>
  );
}

function Empty() {
  const { empty, add, import: words } = texts.value;
  return (
    <StateMessage icon="list" title={empty.title} text={mayWrite.value ? empty.text : empty.readOnly}>
      {mayWrite.value && (
        <>
          <button type="button" class="button" onClick={startAdding}>
            {add}
          </button>
          <button type="button" class="button primary" onClick={() => openTask('import')}>
            {words.choose}
          </button>
        </>
      )}
    </StateMessage>
  );
}

export function NoMatch() {
  const { noMatch, clearFilters } = texts.value;
  return (
    <StateMessage icon="search" title={noMatch.title} text={noMatch.text}>
      <button
        type="button"
        class="button"
        onClick={() => {
          filterBy(NO_FILTER);
          focusContent();
        }}
      >
        {clearFilters}
      </button>
    </StateMessage>
  );
}
