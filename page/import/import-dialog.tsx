/** Imports a file: choose it, check the columns, send the rows, and look at the ones that were rejected. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort } from '../api/problem.ts';
import { reloadList } from '../list/car-list.ts';
import { closeTask, droppedFile } from '../state/task.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { describeError } from '../ui/describe-error.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { ColumnMapping } from './column-mapping.tsx';
import { ImportResult } from './import-result.tsx';
import { NO_PROGRESS, type Progress, sendRows } from './send-rows.ts';
import { FileError, guessMapping, isComplete, type Mapping, readTable, type Table } from './table.ts';

type Stage =
  | { readonly name: 'choose'; readonly error?: string }
  | { readonly name: 'reading' }
  | { readonly name: 'check'; readonly table: Table; readonly mapping: Mapping }
  | { readonly name: 'sending'; readonly table: Table; readonly mapping: Mapping }
  | { readonly name: 'stopped'; readonly table: Table; readonly mapping: Mapping; readonly reason: string }
  | { readonly name: 'done'; readonly table: Table };

export function ImportDialog() {
  const { import: words, cancel, close } = texts.value;
  const [stage, setStage] = useState<Stage>({ name: 'choose' });
  const [progress, setProgress] = useState<Progress>(NO_PROGRESS);
  const abort = useRef<AbortController>(undefined);
  /** The file to show once it is read, unless another one is chosen or rows are sent before. */
  const awaited = useRef<File>(undefined);
  const dropped = droppedFile.value;

  useEffect(() => {
    if (dropped !== undefined) void read(dropped);
  }, [dropped]);
  useEffect(() => () => abort.current?.abort(), []);

  async function read(file: File): Promise<void> {
    if (abort.current !== undefined) return;
    awaited.current = file;
    setStage({ name: 'reading' });
    const next = await readTable(file).then(
      (table): Stage => ({ name: 'check', table, mapping: guessMapping(table.columns) }),
      (error: unknown): Stage => ({
        name: 'choose',
        error: error instanceof FileError ? describeFileError(error) : describeError(error),
      }),
    );
    if (awaited.current === file) setStage(next);
  }

  async function send(table: Table, mapping: Mapping): Promise<void> {
    const controller = new AbortController();
    abort.current = controller;
    awaited.current = undefined;
    setProgress(NO_PROGRESS);
    setStage({ name: 'sending', table, mapping });
    try {
      await sendRows(table, mapping, setProgress, controller.signal);
      setStage({ name: 'done', table });
    } catch (error) {
      const reason = isAbort(error) ? words.stopped : words.failed(describeError(error));
      setStage({ name: 'stopped', table, mapping, reason });
    } finally {
      controller.abort();
      abort.current = undefined;
      reloadList();
    }
  }

  /** An import that is dismissed stops, and can be continued. */
  const stop = () => abort.current?.abort();

  return (
    <Dialog
      title={stage.name === 'done' ? words.done : words.title}
      class="import"
      step={stage.name}
      close={closeTask}
      dismiss={stage.name === 'sending' ? stop : closeTask}
    >
      {stage.name === 'choose' && <FileChoice error={stage.error} choose={(file) => void read(file)} />}
      {stage.name === 'reading' && <p role="status">{words.reading}</p>}
      {stage.name === 'check' && (
        <>
          <ColumnMapping
            table={stage.table}
            mapping={stage.mapping}
            change={(mapping) => setStage({ ...stage, mapping })}
          />
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setStage({ name: 'choose' })}>
              {cancel}
            </button>
            <button
              type="button"
              class="button primary"
              disabled={!isComplete(stage.mapping)}
              onClick={() => void send(stage.table, stage.mapping)}
            >
              {words.start(stage.table.rows.length, formatNumber(stage.table.rows.length))}
            </button>
          </div>
        </>
      )}
      {(stage.name === 'sending' || stage.name === 'stopped') && (
        <>
          <Bar done={progress.done} all={stage.table.rows.length} />
          {stage.name === 'sending' ? (
            <div class="dialog-actions">
              <button type="button" class="button" onClick={stop}>
                {words.stop}
              </button>
            </div>
          ) : (
            <>
              <p class="error-text" role="alert">
                {stage.reason}
              </p>
              <p class="hint">{words.resume}</p>
              <div class="dialog-actions">
                <button type="button" class="button" onClick={closeTask}>
                  {close}
                </button>
                <button
                  type="button"
                  class="button primary"
                  onClick={() => void send(stage.table, stage.mapping)}
                >
                  {words.continue}
                </button>
              </div>
            </>
          )}
        </>
      )}
      {stage.name === 'done' && (
        <ImportResult table={stage.table} progress={progress} again={() => setStage({ name: 'choose' })} />
      )}
    </Dialog>
  );
}

function describeFileError({ reason, line }: FileError): string {
  const { import: words } = texts.value;
  return reason === 'quote' ? words.quote(formatNumber(line)) : words[reason];
}

function FileChoice({ error, choose }: { error: string | undefined; choose: (file: File) => void }) {
  const { import: words } = texts.value;
  return (
    <>
      <label class="drop-zone">
        <Icon name="upload" />
        <strong>{words.drop}</strong>
        <span class="button">{words.choose}</span>
        <input
          type="file"
          class="visually-hidden"
          aria-label={words.choose}
          accept=".csv,.tsv,.txt,.ndjson,.jsonl,text/csv,application/x-ndjson"
          onChange={({ currentTarget: { files } }) => {
            const file = files?.[0];
            if (file !== undefined) choose(file);
          }}
        />
        <span class="hint">{words.hint}</span>
      </label>
      {error !== undefined && (
        <p class="error-text" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

function Bar({ done, all }: { done: number; all: number }) {
  const { import: words } = texts.value;
  const text = words.progress(formatNumber(done), all, formatNumber(all));
  return (
    <div class="progress" role="status">
      <progress value={done} max={all} aria-label={words.running} />
      <p>{text}</p>
    </div>
  );
}
