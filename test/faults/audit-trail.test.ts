/**
 * Services that are killed (SIGKILL) under load leave an audit entry for exactly the changes that
 * were applied.
 */
// Proves: complete-history

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ENGINES, makeDatabase } from '../process/databases.ts';
import { startService, until } from '../process/start-service.ts';
import { type Caller, createCaller } from './caller.ts';
import { record } from './figures.ts';
import { checkTrail } from './trail.ts';

const ROUNDS = 3;
const CLIENTS = 24;

/**
 * A service lives until so many changes were answered for, and then up to so many milliseconds
 * more.
 */
const LIFE = { changes: 8 * CLIENTS, milliseconds: 500 };

/**
 * Makes cars, changes those of other clients too, and deletes some, until the service is gone.
 * @param done gets the id of each request that was answered with 2xx.
 * @param ids cars that any client may change.
 */
async function changeUntilKilled(
  caller: Caller,
  client: string,
  done: string[],
  ids: number[],
  isKilled: () => boolean,
): Promise<void> {
  for (let number = 0; ; number += 1) {
    const requestId = `${client}-${number}`;
    const id = ids[Math.floor(Math.random() * ids.length)];
    const body = { brand: 'Škoda', model: requestId, year: 1886 + (number % 200) };
    const key: Record<string, string> = number % 2 === 0 ? { 'idempotency-key': requestId } : {};
    const headers = { 'x-request-id': requestId, ...key };
    const isCreate = number % 4 === 0 || id === undefined;
    const method = isCreate ? 'POST' : number % 16 === 15 ? 'DELETE' : number % 4 === 1 ? 'PATCH' : 'PUT';
    const path = isCreate ? '/cars' : `/cars/${id}`;
    const call = method === 'DELETE' ? { method, path, headers } : { method, path, headers, body };
    const answer = await caller.send(call).catch(() => undefined);
    if (answer === undefined) {
      if (!isKilled()) throw new Error(`no answer to ${method} ${path}`);
      return;
    }
    // Another client may have deleted it.
    if (answer.status === 404) continue;
    if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
    done.push(requestId);
    if (isCreate) ids.push(JSON.parse(answer.text).id);
  }
}

// Two processes on one file of SQLite would spend the time waiting for each other.
// Proves: unknown-author
it.each(ENGINES.map((engine) => ({ engine, services: engine === 'MySQL' ? 2 : 1 })))(
  'has exactly one entry for each applied change after being killed under load: $engine, $services at once',
  async ({ engine, services: count }) => {
    const database = await makeDatabase(engine);
    const acknowledged: string[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const services = await Promise.all(
        Array.from({ length: count }, () => startService({ DATABASE_URL: database.url })),
      );
      let killed = false;
      const done: string[] = [];
      const ids: number[] = [];
      const callers = services.map(({ url }) => createCaller(url, CLIENTS));
      const work = Promise.all(
        Array.from({ length: CLIENTS }, (_, index) =>
          changeUntilKilled(callers[index % count] as Caller, `${round}-${index}`, done, ids, () => killed),
        ),
      );
      await Promise.race([work, until('some changes', () => done.length >= LIFE.changes)]);
      await sleep(Math.random() * LIFE.milliseconds);
      killed = true;
      for (const { child } of services) child.kill('SIGKILL');
      await work;
      for (const { ended } of services) expect(await ended).toMatchObject({ signal: 'SIGKILL' });
      for (const caller of callers) caller.close();
      acknowledged.push(...done);
    }

    const service = await startService({ DATABASE_URL: database.url });
    expect(await service.stop()).toMatchObject({ code: 0 });
    const { wrong, cars, entries } = await checkTrail(database);
    const rows = await database.query(
      'SELECT request_id, COUNT(*) AS entries FROM car_changes GROUP BY request_id',
    );
    const times = new Map(rows.map((row) => [row['request_id'], Number(row['entries'])]));
    const missing = acknowledged.filter((requestId) => times.get(requestId) !== 1);
    record(
      `audit trail: ${count === 1 ? 'a service' : `${count} services`} killed (SIGKILL) ${ROUNDS} times, ${engine}`,
      {
        'changes acknowledged': acknowledged.length,
        'of these, without their one entry': missing.length,
        'cars, entries': `${cars}, ${entries}`,
        'cars whose entries are not their versions': wrong.length,
      },
    );
    expect({ missing, wrong }).toEqual({ missing: [], wrong: [] });
    // Each request makes one change at most.
    expect(Math.max(...times.values())).toBe(1);
  },
  60_000,
);
