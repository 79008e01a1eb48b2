/** As many JSON batches as run at once, each with as much to parse as its limit allows, fit into a small heap. */

import { expect, it } from 'vitest';
import { LIMITS } from '../../src/http/limits.ts';
import { startService } from './start-service.ts';

/** Of 16 batches each, because a client may have half of the places. */
const CLIENTS = ['10.0.0.1', '10.0.0.2'];
const BURSTS = 5;

/** Repeats an element until a JSON array of it has the size of a batch. */
const arrayOf = (element: string) =>
  `[${element},`.padEnd(LIMITS.batchSize - element.length - 1, `${element},`).replace(/,[^,]*$/, ']');

/** Rows of which one value is an array of 501 numbers. */
const rowsOfArrays = `[${`{"brand":[${'0,'.repeat(500)}0]},`.repeat(999)}{}]`;

it.each([
  ['empty objects', arrayOf('{}'), 413],
  ['arrays in arrays', '['.repeat(LIMITS.batchSize), 413],
  ['rows of long arrays', rowsOfArrays, 200],
])('survives %s', async (_what, body, status) => {
  const service = await startService({
    DATABASE_URL: 'sqlite::memory:',
    TRUST_PROXY: '1',
    NODE_OPTIONS: '--max-old-space-size=128',
  });
  const send = async (client: string) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': client };
    const response = await fetch(`${service.url}/cars/batch`, { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.status;
  };
  const statuses = new Set<number>();
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const all = CLIENTS.flatMap((client) => Array.from({ length: LIMITS.batches / 2 }, () => send(client)));
    for (const one of await Promise.all(all)) statuses.add(one);
  }
  expect(statuses).toContain(status);
  expect(await service.stop()).toMatchObject({ code: 0, signal: null });
});
