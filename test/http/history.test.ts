/** `GET /cars/{id}/history`: what a caller sees of the audit trail. */

import { describe, expect, it } from 'vitest';
import { type Answer, carOf, parseBody } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, startApp, useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const POLO = { ...GOLF, model: 'Polo' };

interface Entry {
  readonly change: string;
  readonly version: number;
  readonly time: string;
}

const entriesOf = (answer: Answer) => parseBody(answer) as Entry[];
const versionsOf = (answer: Answer) => entriesOf(answer).map(({ version }) => version);
const nextOf = ({ headers }: Answer) => /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];

describe.each(ENGINES)('the history of a car on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);
  const create = async () => carOf(await app().post('/cars', GOLF, { 'x-request-id': 'one' })).id;

  it('lists each change with its request id, newest first, even after the car was deleted', async () => {
    const id = await create();
    await app().put(`/cars/${id}`, POLO, { 'x-request-id': 'two' });
    await app().patch(`/cars/${id}`, { year: 2019 }, { 'x-request-id': 'three' });
    await app().delete(`/cars/${id}`, { 'x-request-id': 'four' });
    const answer = await app().get(`/cars/${id}/history`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const newest = { ...POLO, year: 2019 };
    const entry = { caller: '', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) };
    expect(parseBody(answer)).toEqual([
      { ...entry, change: 'deleted', version: 4, requestId: 'four', before: newest, after: null },
      { ...entry, change: 'updated', version: 3, requestId: 'three', before: POLO, after: newest },
      { ...entry, change: 'updated', version: 2, requestId: 'two', before: GOLF, after: POLO },
      { ...entry, change: 'created', version: 1, requestId: 'one', before: null, after: GOLF },
    ]);
    expect(answer.headers.get('link')).toBe(`</cars/${id}/history>; rel="first"`);
    expect((await app().head(`/cars/${id}/history`)).status).toBe(200);
  });

  it('has no entry for a replay or a rejected change', async () => {
    const key = { 'idempotency-key': 'k' };
    const { id } = carOf(await app().post('/cars', GOLF, key));
    await app().post('/cars', GOLF, key);
    await app().put(`/cars/${id}`, POLO, { 'if-match': '"9"' });
    await app().put(`/cars/${id}`, { ...POLO, year: 1 });
    expect(versionsOf(await app().get(`/cars/${id}/history`))).toEqual([1]);
  });

  it('is read page by page by following its links', async () => {
    const id = await create();
    for (const year of [2001, 2002, 2003, 2004]) await app().patch(`/cars/${id}`, { year });
    const seen: number[][] = [];
    for (let next: string | undefined = `/cars/${id}/history?limit=2`; next !== undefined; ) {
      const answer = await app().get(next);
      seen.push(versionsOf(answer));
      expect(answer.headers.get('link')).toContain(`</cars/${id}/history?limit=2>; rel="first"`);
      next = nextOf(answer);
    }
    expect(seen).toEqual([[5, 4], [3, 2], [1]]);
  });

  it('rejects a cursor that was altered or belongs to another list', async () => {
    const ids = [await create(), await create()];
    for (const id of ids) await app().patch(`/cars/${id}`, { year: 1999 });
    const cursor = /cursor=([\w-]+)/.exec(
      nextOf(await app().get(`/cars/${ids[0]}/history?limit=1`)) ?? '',
    )?.[1];
    expect((await app().get(`/cars/${ids[0]}/history?cursor=${cursor}`)).status).toBe(200);
    const ofList = /cursor=([\w-]+)/.exec(nextOf(await app().get('/cars?limit=1')) ?? '')?.[1];
    for (const url of [
      `/cars/${ids[1]}/history?cursor=${cursor}`,
      `/cars/${ids[0]}/history?cursor=${cursor}A`,
      `/cars/${ids[0]}/history?cursor=${ofList}`,
      `/cars?cursor=${cursor}`,
    ]) {
      await expectProblem(await app().get(url), 'invalid-cursor', [{ parameter: 'cursor' }]);
    }
  });

  it('is 404 for a car that never existed', async () => {
    await expectProblem(await app().get('/cars/9007199254740991/history'), 'car-not-found');
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'brand=x', 'limit=1&limit=2'])('rejects %s', async (query) => {
    const id = await create();
    const answer = await app().get(`/cars/${id}/history?${query}`);
    await expectProblem(answer, 'invalid-parameter', [{ parameter: query.split('=')[0] ?? '' }]);
  });
});

describe.each(ENGINES)('without an audit trail, on $engine', ({ createDatabase }) => {
  const off = useApp(createDatabase, { AUDIT: 'off' });

  it('changes cars as usual, and every history is empty', async () => {
    const { id } = carOf(await off().post('/cars', GOLF));
    const keyed = carOf(await off().post('/cars', GOLF, { 'idempotency-key': 'k' }));
    expect((await off().put(`/cars/${id}`, POLO)).headers.get('etag')).toBe('"2"');
    expect(parseBody(await off().get(`/cars/${id}/history`))).toEqual([]);
    expect(parseBody(await off().get(`/cars/${keyed.id}/history`))).toEqual([]);
    expect((await off().delete(`/cars/${id}`)).status).toBe(204);
    await expectProblem(await off().get(`/cars/${id}/history`), 'car-not-found');
  });
});

it('lists 1000 changes on one page', async () => {
  const app = await startApp();
  await app.post('/cars', GOLF);
  // Not all at once, of which a busy machine refuses some.
  for (let round = 0; round < 20; round += 1)
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => app.patch('/cars/1', { model: `${round} ${index}` })),
    );
  const answer = await app.get('/cars/1/history?limit=1000');
  await app.stop();
  expect(versionsOf(answer)).toEqual(Array.from({ length: 1000 }, (_, index) => 1001 - index));
  expect(nextOf(answer)).toContain('limit=1000&cursor=');
});
