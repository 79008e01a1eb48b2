/** Sends all rows, many at a time, until they are in, the run is stopped or nothing moves any more. */

import { setMaxListeners } from 'node:events';
import type { Row, RowFields } from './csv-file.ts';
import { deliver, type Fate } from './deliver.ts';
import type { Verdict } from './verdict.ts';

export interface Run {
  readonly rows: AsyncGenerator<Row>;
  readonly send: (line: number, fields: RowFields) => Promise<Verdict>;
  /** Breaks what is under way; called when patience ends. */
  readonly breakOff: () => void;
  readonly concurrency: number;
  readonly patienceSeconds: number;
  /** No row is taken and none repeated after this is aborted. */
  readonly stop: AbortSignal;
  readonly onSettled: (line: number, fate: NonNullable<Fate>) => void;
  readonly onTrouble: (reason: string) => void;
}

const TICKS_PER_SECOND = 4;

/** Settles what it can. Answers why the run failed, or undefined when it ended well or by `stop`. */
export async function loadRows(run: Run): Promise<string | undefined> {
  const failed = new AbortController();
  const over = AbortSignal.any([run.stop, failed.signal]);
  setMaxListeners(0, over);
  let trouble = 'no answer';
  const fail = (reason: string) => failed.abort(reason);

  // Ticks, not the clock: a laptop that slept for an hour did not wait for an hour.
  let idleTicks = 0;
  const watch = setInterval(() => {
    idleTicks += 1;
    if (idleTicks < run.patienceSeconds * TICKS_PER_SECOND || failed.signal.aborted) return;
    fail(`no row was settled for ${run.patienceSeconds} s; the last trouble: ${trouble}`);
    run.breakOff();
  }, 1000 / TICKS_PER_SECOND);

  function onTrouble(reason: string): void {
    trouble = reason;
    run.onTrouble(reason);
  }

  function settle(line: number, fate: Fate): void {
    if (fate === undefined) return;
    if (fate.kind === 'hopeless') {
      fail(`the service takes no car: ${fate.reason}`);
      return;
    }
    idleTicks = 0;
    run.onSettled(line, fate);
  }

  async function work(): Promise<void> {
    while (!over.aborted) {
      const { value: row, done } = await run.rows.next();
      if (done || over.aborted) return;
      if ('fault' in row) settle(row.line, { kind: 'rejected', reason: row.fault });
      else settle(row.line, await deliver(() => run.send(row.line, row.fields), over, onTrouble));
    }
  }

  try {
    const workers = Array.from({ length: run.concurrency }, () =>
      work().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error))),
    );
    await Promise.all(workers);
  } finally {
    clearInterval(watch);
    await run.rows.return(undefined);
  }
  return failed.signal.aborted ? String(failed.signal.reason) : undefined;
}
