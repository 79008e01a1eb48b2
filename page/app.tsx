/** The page: its head with the search and the commands, and the view below. */

import { ActiveFilters } from './list/active-filters.tsx';
import { ListSize, ListView } from './list/list-view.tsx';
import { SearchField } from './list/search-field.tsx';
import { texts } from './texts/texts.ts';
import { Notices } from './ui/notices.tsx';

export function App() {
  return (
    <>
      <a class="skip" href="#list">
        {texts.value.skipToList}
      </a>
      <header class="page-head">
        <h1 class="brand-mark">
          <img
            src={document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href}
            alt=""
            width="28"
            height="28"
          />
          <span>{texts.value.cars}</span>
        </h1>
        <SearchField />
      </header>
      <main class="page-body">
        <div class="toolbar">
          <ListSize />
          <ActiveFilters />
        </div>
        <ListView />
      </main>
      <Notices />
    </>
  );
}
