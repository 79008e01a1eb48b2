/** A service that is killed (SIGKILL) under load loses nothing that it acknowledged. */
// Proves: no-loss-service-killed

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import type { CarFields } from '../../src/cars/car.ts';
import { ENGINES, makeDatabase } from '../process/databases.ts';
import { startService, until } from '../process/start-service.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { createCaller } from './caller.ts';
import { record } from './figures.ts';
import { listAll } from './mixed-load.ts';

const ROUNDS = 3;
const CLIENTS = 24;

/**
 * A service lives until so many cars were answered for, and then up to so many milliseconds more.
 */
const LIFE = { cars: 4 * CLIENTS, milliseconds: 500 };

interface Car extends CarFields {
  readonly id: number;
}

/** What a client asked for, and what it was answered, if it was. */
interface Attempt {
  readonly fields: CarFields;
  /** Every second client sends a key, which makes repeating safe. */
  readonly key: string | undefined;
  readonly answer: Car | undefined;
}

async function create(url: string, fields: CarFields, key: string | undefined): Promise<Car> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const response = await fetchWithRetries(`${url}/cars`, {
    method: 'POST',
    headers,
    body: JSON.stringify(fields),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** Creates one car after another, until the service is gone; notes each attempt in `attempts`. */
async function createUntilKilled(
  url: string,
  client: string,
  attempts: Attempt[],
  isKilled: () => boolean,
): Promise<void> {
  for (let number = 0; ; number += 1) {
    const fields = { brand: `Škoda ${client}`, model: `🚗 ${number}`, year: 1886 + (number % 200) };
    const key = client.endsWith('keyed') ? `${client} ${number}` : undefined;
    try {
      attempts.push({ fields, key, answer: await create(url, fields, key) });
    } catch (error) {
      // A refusal while the service lives is a failure; a broken connection after the kill is what
      // we came for.
      if (!isKilled() || !(error instanceof TypeError)) throw error;
      attempts.push({ fields, key, answer: undefined });
      return;
    }
  }
}

it.each(ENGINES)(
  'keeps every car that was acknowledged with 201 after it is killed, on %s',
  async (engine) => {
    const database = await makeDatabase(engine);
    const settings = { DATABASE_URL: database.url };
    const known: Attempt[] = [];
    const lost: Car[] = [];
    let twice = 0;

    for (let round = 1; round <= ROUNDS; round += 1) {
      const service = await startService(settings);
      let killed = false;
      const attempts: Attempt[] = [];
      const clients = Array.from({ length: CLIENTS }, (_, index) => {
        const name = `${round}-${index}-${index % 2 === 0 ? 'keyed' : 'plain'}`;
        return createUntilKilled(service.url, name, attempts, () => killed);
      });
      const work = Promise.all(clients);
      await Promise.race([work, until('some cars', () => attempts.length >= LIFE.cars)]);
      await sleep(Math.random() * LIFE.milliseconds);
      killed = true;
      service.child.kill('SIGKILL');
      await work;
      expect(await service.ended).toMatchObject({ signal: 'SIGKILL' });
      expect(attempts.filter((attempt) => attempt.answer === undefined)).toHaveLength(CLIENTS);
      known.push(...attempts);

      if (engine === 'SQLite') {
        expect(await database.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      }
      const again = await startService(settings);
      const caller = createCaller(again.url);
      const stored = await listAll(caller);
      for (const { answer, fields } of known) {
        if (answer === undefined) continue;
        expect(answer).toEqual({ ...fields, id: answer.id });
        if (!isDeepStrictEqual(stored.get(answer.id), answer)) lost.push(answer);
      }

      // Whoever got no answer repeats the call, with its key; no such car is there twice then.
      const unanswered = attempts.filter(({ answer, key }) => answer === undefined && key !== undefined);
      for (const { fields, key } of unanswered)
        known.push({ fields, key, answer: await create(again.url, fields, key) });
      const models = [...(await listAll(caller)).values()].map(({ brand, model }) => `${brand} ${model}`);
      caller.close();
      twice = models.length - new Set(models).size;
      expect({ lost, twice }).toEqual({ lost: [], twice: 0 });
      expect(await again.stop()).toMatchObject({ code: 0, stderr: '' });
    }
    record(`service killed (SIGKILL) ${ROUNDS} times under load, ${engine}`, {
      'cars acknowledged': known.filter(({ answer }) => answer !== undefined).length,
      'acknowledged but lost': lost.length,
      'created twice': twice,
    });
  },
  60_000,
);
