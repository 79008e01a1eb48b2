/** The page: its head, then what the visitor may see, and the dialogues. */

import { AddForm } from './edit/add-form.tsx';
import { ConflictDialog } from './edit/conflict-dialog.tsx';
import { HistoryPanel } from './edit/history-panel.tsx';
import { leaveSession } from './edit/leave-session.ts';
import { KeysDialog } from './head/keys-dialog.tsx';
import { PageHead } from './head/page-head.tsx';
import { SignIn } from './head/sign-in.tsx';
import { ViewSwitch } from './head/view-switch.tsx';
import { DropTarget } from './import/drop-target.tsx';
import { ActiveFilters } from './list/active-filters.tsx';
import { focusList } from './list/grid-focus.ts';
import { ListSize, ListView, LoadingError } from './list/list-view.tsx';
import { mayRead, mayWrite, session, sessionError, signInReason, startSession } from './state/session.ts';
import { closeTask, task } from './state/task.ts';
import { show, view } from './state/view.ts';
import { texts } from './texts/texts.ts';
import { Lazy } from './ui/lazy.tsx';
import { Notices } from './ui/notices.tsx';
import { StateMessage } from './ui/state-message.tsx';

const loadCharts = async () => (await import('./charts/charts-view.tsx')).ChartsView;
const loadExport = async () => (await import('./export/export-dialog.tsx')).ExportDialog;
const loadImport = async () => (await import('./import/import-dialog.tsx')).ImportDialog;

export function App() {
  return (
    <>
      {/* A link would change the fragment of the URL, which holds the view. */}
      <button type="button" class="skip" onClick={focusList}>
        {texts.value.skipToList}
      </button>
      <PageHead />
      <main class="page-body">
        <Content />
      </main>
      {mayWrite.value && <ConflictDialog />}
      <HistoryPanel />
      {task.value === 'import' && <Lazy load={loadImport} leave={closeTask} />}
      {task.value === 'export' && <Lazy load={loadExport} leave={closeTask} />}
      {task.value === 'keys' && <KeysDialog />}
      <DropTarget />
      <Notices />
    </>
  );
}

function Content() {
  if (signInReason.value !== undefined) return <SignIn />;
  if (sessionError.value !== undefined)
    return <LoadingError error={sessionError.value} retry={() => void startSession()} />;
  if (session.value === undefined)
    return <div class="starting" role="status" aria-label={texts.value.loading} />;
  return (
    <>
      {mayWrite.value && <AddForm />}
      {mayRead.value ? (
        <>
          <div class="toolbar">
            <ListSize />
            <ActiveFilters />
            <ViewSwitch />
          </div>
          {view.value.shows === 'list' ? <ListView /> : <Lazy load={loadCharts} leave={() => show('list')} />}
        </>
      ) : (
        <NoRead />
      )}
    </>
  );
}

function NoRead() {
  const { session: words } = texts.value;
  return (
    <StateMessage icon="person" title={words.noRead}>
      <button type="button" class="button" onClick={leaveSession}>
        {words.signOut}
      </button>
    </StateMessage>
  );
}
