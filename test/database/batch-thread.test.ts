/** The thread that applies batches in SQLite: how it starts, fails and is replaced. */

import { once } from 'node:events';
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createBatchThread } from '../../src/database/sqlite/batch-thread.ts';
import { ann, manyCars, outcomeOf } from '../support/cars.ts';
import { openStarted } from '../support/open-started.ts';
import { createTestFile, type TestDatabase } from '../support/test-database.ts';

const BATCH = [{ author: ann, cars: manyCars(3), key: undefined }];

let file: TestDatabase;
const path = () => file.url.replace('sqlite:', '');

beforeEach(() => {
  file = createTestFile();
});
afterEach(() => file.drop());

function startThread(program?: string) {
  const url = program === undefined ? undefined : new URL(`data:text/javascript,${program}`);
  const thread = createBatchThread({ path: path(), audit: true }, url);
  onTestFinished(() => thread.close());
  return { apply: () => outcomeOf(thread.apply(BATCH)) };
}

const PORT = "import { parentPort } from 'node:worker_threads';";

describe('the thread for batches', () => {
  it('answers `unavailable` while the file cannot be opened, and applies batches afterwards', async () => {
    await (await openStarted(file.url)).close();
    renameSync(path(), `${path()}.away`);
    mkdirSync(path());
    const { apply } = startThread();
    expect([await apply(), await apply()]).toEqual(['unavailable', 'unavailable']);
    rmdirSync(path());
    renameSync(`${path()}.away`, path());
    expect(await apply()).toMatchObject([{ replayed: false }]);
    expect(await file.query('SELECT id FROM cars')).toHaveLength(3);
  });

  it.each([
    ['throws', "throw new Error('failed')"],
    ['exits', 'process.exit(1)'],
    ['cannot be loaded', "import 'node:nothing'"],
  ])('answers `unavailable` if its program %s before it is ready', async (_, program) => {
    const { apply } = startThread(program);
    expect([await apply(), await apply()]).toEqual(['unavailable', 'unavailable']);
  });

  it('answers `unavailable` if it cannot be created', async () => {
    const thread = createBatchThread({ path: path(), audit: true }, new URL('http://cars.example'));
    expect(await outcomeOf(thread.apply(BATCH))).toBe('unavailable');
  });

  it('answers `outcome-unknown` if it fails while a batch runs, and is replaced', async () => {
    const program = `${PORT} parentPort.on('message', () => { throw new Error('failed') }); parentPort.postMessage('ready')`;
    const { apply } = startThread(program);
    // The second batch is sent before the thread has exited.
    expect([await apply(), await apply()]).toEqual(['outcome-unknown', 'outcome-unknown']);
  });

  it('is replaced if it fails while no batch waits', async () => {
    const program = `${PORT} parentPort.on('message', (message) => {
      if (message === 'fail') throw new Error('failed');
      parentPort.postMessage({ outcomes: ['storage-full'] });
    }); parentPort.postMessage('ready')`;
    const { apply } = startThread(program);
    const created = once(process, 'worker') as Promise<[Worker]>;
    expect(await apply()).toMatchObject([{ code: 'storage-full' }]);
    const [worker] = await created;
    worker.postMessage('fail');
    await new Promise((resolve) => worker.once('exit', resolve));
    expect(await apply()).toMatchObject([{ code: 'storage-full' }]);
  });
});
