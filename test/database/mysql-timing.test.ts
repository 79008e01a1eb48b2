/** The time limits of MySQL, added up along each path that a request can take. */

import { expect, it } from 'vitest';
import { ANSWER_WITHIN, TIMING } from '../../src/database/mysql/timing.ts';

const { batchWait, poolWait, ping, connect, select, statement, split, retry, lockTurn, lock, ready } = TIMING;

/** What the service itself needs on the way, and what timers fire too late. */
const RESERVE = 100;

const sum = (stages: readonly number[]) => stages.reduce((total, stage) => total + stage, RESERVE);

it.each<[fault: string, stages: number[]]>([
  ['its statement gets no answer', [batchWait, statement]],
  ['the server ends its SELECT', [batchWait, select]],
  ['no connection is free', [batchWait, poolWait]],
  ['an idle connection does not answer, nor the server when asked for a new one', [batchWait, ping, connect]],
  ['its connection is lost, and the server cannot be reached again', [batchWait, retry, connect]],
  ['it asks whether the service is ready', [ready]],
])('answers a request in 2 s if %s', (_, stages) => {
  expect(sum(stages)).toBeLessThanOrEqual(ANSWER_WITHIN.oneFault);
});

it.each<[faults: string, stages: number[]]>([
  ['all connections are in use, and then its statement gets no answer', [batchWait, poolWait, statement]],
  ['its connection is lost, and then the retry gets no answer', [batchWait, retry, statement]],
  [
    'another request of its batch is rejected, and then its own half gets no answer',
    [batchWait, split, statement],
  ],
  ['it waits for its turn, and then for a lock', [batchWait, lockTurn, lock]],
  ['the server ends the SELECT of its batch, and then its own', [batchWait, select, select]],
  ['an idle connection does not answer, nor the new one', [batchWait, ping, connect, statement]],
])('answers a request in 3.5 s if %s', (_, stages) => {
  expect(sum(stages)).toBeLessThanOrEqual(ANSWER_WITHIN.twoFaults);
});

it('lets the server end a SELECT before the service closes its connection', () => {
  expect(select).toBeLessThan(statement);
  expect(lock).toBeLessThan(statement);
});
