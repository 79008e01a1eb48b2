/** The head of the page: its name, the search, and the commands that the visitor may use. */

import { startAdding } from '../edit/editing.ts';
import { leaveSession } from '../edit/leave-session.ts';
import { SearchField } from '../list/search-field.tsx';
import { askForKey, isAnonymous, mayRead, mayWrite, session } from '../state/session.ts';
import { openTask, type Task } from '../state/task.ts';
import { show } from '../state/view.ts';
import { chooseLanguage, language, languages, texts } from '../texts/texts.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Popover } from '../ui/popover.tsx';

const ICON = document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href;

export function PageHead() {
  const words = texts.value;
  return (
    <header class="page-head">
      <h1 class="brand-mark">
        <img src={ICON} alt="" width="28" height="28" />
        <span>{words.cars}</span>
      </h1>
      {mayRead.value && <SearchField />}
      <div class="commands">
        {isAnonymous.value && (
          <button type="button" class="button" onClick={askForKey}>
            <Icon name="person" />
            {words.session.signIn}
          </button>
        )}
        {mayWrite.value && <TaskButton task="import" icon="upload" label={words.import.open} />}
        {mayRead.value && <TaskButton task="export" icon="download" label={words.export.open} />}
        {mayWrite.value && (
          <button type="button" class="button primary add" aria-keyshortcuts="n" onClick={openAddForm}>
            <Icon name="add" />
            <span>{words.add}</span>
          </button>
        )}
        <MoreMenu />
      </div>
    </header>
  );
}

export function openAddForm(): void {
  show('list');
  startAdding();
}

function TaskButton({ task, icon, label }: { task: Task; icon: IconName; label: string }) {
  return (
    <button type="button" class="button task" onClick={() => openTask(task)}>
      <Icon name={icon} />
      {label}
    </button>
  );
}

function MoreMenu() {
  const words = texts.value;
  return (
    <Popover label={words.more} button={<Icon name="more" />} panelClass="menu">
      {(close) => {
        const closeAnd = (run: () => void) => () => {
          close();
          run();
        };
        const open = (task: Task) => closeAnd(() => openTask(task));
        return (
          <>
            {session.value?.hasKey && (
              <p class="menu-text">
                {words.session.as(session.value.name ?? '')}
                {!mayWrite.value && <span class="badge">{words.session.readOnly}</span>}
              </p>
            )}
            <div class="narrow-only">
              {mayWrite.value && <MenuItem icon="upload" label={words.import.open} run={open('import')} />}
              {mayRead.value && <MenuItem icon="download" label={words.export.open} run={open('export')} />}
            </div>
            <MenuItem icon="keyboard" label={words.keys.title} run={open('keys')} />
            <a class="menu-item" href="/docs">
              <Icon name="list" />
              {words.documentation}
            </a>
            <fieldset class="menu-languages">
              <legend class="label">{words.language}</legend>
              {languages.map(({ code, name }) => (
                <label key={code} class="value" lang={code}>
                  <input
                    type="radio"
                    name="language"
                    checked={language.value === code}
                    onChange={() => chooseLanguage(code)}
                  />
                  {name}
                </label>
              ))}
            </fieldset>
            {session.value?.hasKey && (
              <MenuItem icon="person" label={words.session.signOut} run={closeAnd(leaveSession)} />
            )}
          </>
        );
      }}
    </Popover>
  );
}

function MenuItem({ icon, label, run }: { icon: IconName; label: string; run: () => void }) {
  return (
    <button type="button" class="menu-item" onClick={run}>
      <Icon name={icon} />
      {label}
    </button>
  );
}
