/** SQL in everything that a caller may say: it comes back as the text that it is, or is refused, and never runs. */

import { describe, expect, it } from 'vitest';
import { carOf, carsOf } from '../answer.ts';
import { ENGINES, useApp } from '../start-app.ts';

const INJECTIONS = [
  "' OR '1'='1",
  "'; DROP TABLE cars; --",
  "', '', '', '', 2000); DELETE FROM cars; --",
  '" OR ""="',
  "\\'; DELETE FROM cars; #",
  "\\\\'; DELETE FROM cars; #",
  "' UNION SELECT brand, model, year, id FROM cars --",
  "' OR SLEEP(3) OR '",
  "'||(SELECT randomblob(900000000))||'",
  "1' AND (SELECT 1 FROM (SELECT SLEEP(3)) x) AND '1'='1",
  '/*!50000 OR 1=1 */',
  '`brand`',
  '{{7*7}} #{7*7} <%= 7*7 %>',
  '?, ?, ? :id @first_id',
  '%27%20OR%201%3D1',
  "¿' OR 1=1 --",
  '\u02bc OR 1=1 --',
];

const encode = encodeURIComponent;

/** Milliseconds: three seconds would be the database's, who slept. */
const UNSLEPT = 2500;

describe.each(ENGINES)('SQL on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  async function unslept<Result>(work: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    const result = await work();
    expect(performance.now() - begun).toBeLessThan(UNSLEPT);
    return result;
  }

  // Proves: sql-injection
  it.each(INJECTIONS)('is stored as a brand and a model: %s', async (text) => {
    const bystander = carOf(await app().post('/cars', { brand: 'Bystander', model: 'B', year: 2000 }));
    const made = await unslept(() =>
      app().post(
        '/cars',
        { brand: text, model: text, year: 2001 },
        { 'idempotency-key': `k ${encode(text)}`, 'x-request-id': encode(text) },
      ),
    );
    expect(made.status).toBe(201);
    const { id } = carOf(made);
    expect(carOf(await app().get(`/cars/${id}`))).toEqual({ brand: text, id, model: text, year: 2001 });
    await unslept(() => app().patch(`/cars/${id}`, { model: `${text}!` }));
    const query = `brand=${encode(text)}&model=${encode(`${text}!`)}&sort=brand,-model`;
    const found = await unslept(() => app().get(`/cars?${query}&count=exact`));
    expect(carsOf(found)).toEqual([{ brand: text, id, model: `${text}!`, year: 2001 }]);
    expect(found.headers.get('x-total-count')).toBe('1');
    const history = JSON.parse((await app().get(`/cars/${id}/history`)).body);
    expect(history.map(({ after }: { after: unknown }) => after)).toEqual([
      { brand: text, model: `${text}!`, year: 2001 },
      { brand: text, model: text, year: 2001 },
    ]);
    expect((await app().delete(`/cars/${id}`)).status).toBe(204);
    expect(carOf(await app().get(`/cars/${bystander.id}`))).toEqual(bystander);
  });

  it.each(INJECTIONS)('is rejected as a number, a sort or a cursor: %s', async (text) => {
    const { length } = carsOf(await app().get('/cars?limit=1000'));
    for (const name of ['year', 'yearMin', 'yearMax', 'sort', 'limit', 'cursor', 'count', text]) {
      const answer = await unslept(() => app().get(`/cars?${encode(name)}=${encode(text)}`));
      expect([name, answer.status]).toEqual([name, 400]);
    }
    for (const path of [`/cars/${encode(text)}`, `/cars/1${encode(text)}`, `/cars/${encode(text)}/history`]) {
      const answer = await unslept(() => app().get(path));
      expect([path, answer.status]).toEqual([path, 400]);
    }
    const body = { brand: 'A', model: 'B', year: text };
    expect((await app().post('/cars', body)).status).toBe(422);
    expect(carsOf(await app().get('/cars?limit=1000'))).toHaveLength(length);
  });

  it('is accepted as a request id and an Idempotency-Key', async () => {
    for (const text of INJECTIONS.filter((one) => /^[\x20-\x7e]+$/.test(one))) {
      const key = { 'idempotency-key': text, 'x-request-id': text.replaceAll(' ', '_') };
      const first = await unslept(() => app().post('/cars', { brand: 'Key', model: 'K', year: 2002 }, key));
      const again = await app().post('/cars', { brand: 'Key', model: 'K', year: 2002 }, key);
      expect([first.status, again.body]).toEqual([201, first.body]);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      const [entry] = JSON.parse((await app().get(`/cars/${carOf(first).id}/history`)).body);
      expect(entry.requestId).toBe(text.replaceAll(' ', '_'));
    }
  });
});
