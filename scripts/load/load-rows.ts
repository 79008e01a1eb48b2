/** Sends all rows concurrently until they are done, the run is stopped, or it stalls. */

import { setMaxListeners } from 'node:events';
import type { Row, RowFields } from './csv-columns.ts';
import { deliver, type Outcome } from './deliver.ts';
import type { Verdict } from './verdict.ts';

export interface Run {
  readonly rows: AsyncGenerator<Row>;
  readonly send: (line: number, fields: RowFields) => Promise<Verdict>;
  /** Aborts the requests in flight when the run stalls. */
  readonly abort: () => void;
  readonly concurrency: number;
  readonly stallSeconds: number;
  /** After this is aborted, no row is started or retried. */
  readonly stop: AbortSignal;
  readonly onSettled: (line: number, outcome: NonNullable<Outcome>) => void;
  readonly onTrouble: (reason: string) => void;
}

const TICKS_PER_SECOND = 4;

/** Resolves with the reason when the run failed; with undefined when it finished or was stopped. */
export async function loadRows(run: Run): Promise<string | undefined> {
  const failed = new AbortController();
  const over = AbortSignal.any([run.stop, failed.signal]);
  setMaxListeners(0, over);
  let trouble = 'no answer';
  const fail = (reason: string) => failed.abort(reason);

  // Counts ticks instead of reading a clock, so that a suspended laptop does not count as stalled.
  let idleTicks = 0;
  const watch = setInterval(() => {
    idleTicks += 1;
    if (idleTicks < run.stallSeconds * TICKS_PER_SECOND || failed.signal.aborted) return;
    fail(`no progress for ${run.stallSeconds} s; last problem: ${trouble}`);
    run.abort();
  }, 1000 / TICKS_PER_SECOND);

  function onTrouble(reason: string): void {
    trouble = reason;
    run.onTrouble(reason);
  }

  function settle(line: number, outcome: Outcome): void {
    if (outcome === undefined) return;
    if (outcome.kind === 'abort') {
      fail(`the service accepts no cars: ${outcome.reason}`);
      return;
    }
    idleTicks = 0;
    run.onSettled(line, outcome);
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
