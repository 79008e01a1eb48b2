/**
 * Ten minutes of full load of all kinds of calls leave the service's memory where it was after the
 * first minute. Resident memory (`VmRSS`) is read every half second; as garbage collection makes it
 * a saw-tooth, the medians of two windows are compared: the quarter minute around the end of the
 * first minute, and the last quarter minute. Both are taken under the same load.
 */
// Proves: flat-memory

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { residentMemory } from '../../tools/resident-memory.ts';
import { type Call, createCaller, forEachOf } from '../faults/caller.ts';
import { record } from '../faults/figures.ts';
import { startService } from '../process/start-service.ts';
import { createTestDatabase } from '../support/test-database.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 600);
const CALLERS = 32;
const CARS = 2000;

/** Seconds. */
const WARM = 60;
const WINDOW = 15;

/**
 * Callers ask for all kinds in turn; what one in each turn creates, the next deletes, so that the
 * table stays as big.
 */
const KINDS = ['create', 'read', 'change', 'list', 'delete', 'read', 'missing', 'wrong', 'keyed'] as const;

it('uses no more memory at the end than after the first minute', async () => {
  expect(SECONDS, 'SOAK_SECONDS must leave room for two windows').toBeGreaterThanOrEqual(WARM + 2 * WINDOW);
  const database = await createTestDatabase();
  const service = await startService({ DATABASE_URL: database.url });
  // Its log is read and dropped; ten minutes of it are more than a string holds.
  service.child.stdout?.removeAllListeners('data').resume();
  const caller = createCaller(service.url, CALLERS);
  await forEachOf(Array(CARS).keys(), CALLERS, async (number) => {
    expect((await caller.send(createOf(`seed ${number}`))).status).toBe(201);
  });

  const statuses = new Map<string, number>();
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const call = async (number: number) => {
    let own = 0;
    for (let turn = number; seconds() < SECONDS; turn += 1) {
      const kind = KINDS[turn % KINDS.length] ?? 'read';
      if (kind === 'delete' && own === 0) continue;
      const { status, text } = await caller.send(callOf(kind, own, `${number}-${turn}`));
      if (kind === 'create' && status === 201) own = JSON.parse(text).id;
      if (kind === 'delete') own = 0;
      const outcome = `${kind} ${status}`;
      statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
    }
  };
  const samples: { at: number; megabytes: number }[] = [];
  const sample = async () => {
    while (seconds() < SECONDS) {
      samples.push({ at: seconds(), megabytes: residentMemory(service.child.pid) });
      await sleep(500);
    }
  };
  await Promise.all([sample(), forEachOf(Array(CALLERS).keys(), CALLERS, call)]);
  caller.close();

  const around = (from: number) =>
    median(samples.filter(({ at }) => at >= from && at < from + WINDOW).map(({ megabytes }) => megabytes));
  const [early, late] = [around(WARM - WINDOW / 2), around(SECONDS - WINDOW)];
  const requests = [...statuses.values()].reduce((sum, times) => sum + times, 0);
  record(`${SECONDS} s of full load of all kinds, ${CALLERS} callers`, {
    requests,
    'resident memory after a minute': `${early.toFixed(1)} MB`,
    'resident memory at the end': `${late.toFixed(1)} MB`,
    'at the end, of what it was': `${((late / early) * 100).toFixed(1)} %`,
    outcomes: [...statuses].map(([outcome, times]) => `${outcome}: ${times}`).join(', '),
  });
  // Not a load that was refused or failed throughout, which would prove nothing.
  const expected = ['create 201', 'read 200', 'change 200', 'list 200', 'delete 204', 'keyed 201'];
  const others = [...statuses.keys()].filter(
    (outcome) => !expected.includes(outcome) && !['missing 404', 'wrong 422'].includes(outcome),
  );
  expect(others.filter((outcome) => !outcome.endsWith(' 503'))).toEqual([]);
  for (const outcome of expected) expect(statuses.get(outcome), outcome).toBeGreaterThan(SECONDS);
  expect(late).toBeLessThan(early * 1.1);
  expect(await service.stop()).toMatchObject({ code: 0 });
});

function createOf(model: string): Call {
  return { method: 'POST', path: '/cars', body: { brand: 'Seat', model, year: 2001 } };
}

/** @param own the caller's own car, which it may delete. */
function callOf(kind: (typeof KINDS)[number], own: number, name: string): Call {
  const id = 1 + Math.floor(Math.random() * CARS);
  switch (kind) {
    case 'create':
      return createOf(name);
    case 'keyed':
      return { ...createOf(name), headers: { 'idempotency-key': name } };
    case 'read':
      return { path: `/cars/${id}` };
    case 'change':
      return { method: 'PATCH', path: `/cars/${id}`, body: { year: 1950 + Math.floor(Math.random() * 50) } };
    case 'delete':
      return { method: 'DELETE', path: `/cars/${own}` };
    case 'list':
      return { path: `/cars?limit=100&sort=-year&yearMin=${1900 + (id % 100)}` };
    case 'missing':
      return { path: `/cars/${2 ** 31 + id}` };
    case 'wrong':
      return { method: 'POST', path: '/cars', body: { brand: '', model: 1, year: 'never' } };
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
