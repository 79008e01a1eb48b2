/** The contract of the port `CarStore`. The test file of each engine runs it. */

import { afterEach, beforeEach, describe } from 'vitest';
import type { CarStore } from '../../src/cars/car-store.ts';
import { describeBatches } from './contract/batches.ts';
import { describeChanges } from './contract/changes.ts';
import { describeConcurrency } from './contract/concurrency.ts';
import { describeCounts } from './contract/counts.ts';
import { describeHistory } from './contract/history.ts';
import { describeIdempotency } from './contract/idempotency.ts';
import { describeLists } from './contract/lists.ts';
import { describePaging } from './contract/paging.ts';
import { describeUsage } from './contract/usage.ts';

/** The tables of stored idempotency keys. */
export const KEY_TABLES = ['idempotency_keys', 'batch_answers'] as const;

/** A store on an empty database, and the things that only SQL can do to it. */
export interface OpenedStore {
  readonly cars: CarStore;
  /** Makes every stored idempotency key older. */
  ageKeys(seconds: number): Promise<void>;
  /** Lets the next car get this id. */
  setNextId(id: number): Promise<void>;
  /** Empties the audit trail. */
  forgetChanges(): Promise<void>;
  close(): Promise<void>;
}

/** Gives the store of the test that runs. */
export type StoreOfTest = () => OpenedStore;

export function describeCarStore(engineName: string, openStore: () => Promise<OpenedStore>): void {
  describe(`cars in ${engineName}`, () => {
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await openStore();
    });
    afterEach(() => opened.close());

    describeBatches(() => opened);
    describeChanges(() => opened);
    describeConcurrency(() => opened);
    describeCounts(() => opened);
    describeHistory(() => opened);
    describeLists(() => opened);
    describePaging(() => opened);
    describeIdempotency(() => opened);
    describeUsage(() => opened);
  });
}
