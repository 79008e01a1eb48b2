/** Calls every operation with openapi-fetch, on types that openapi-typescript generated. */

import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './api';

type Problem = components['schemas']['Problem'];

const { BASE_URL = '', API_KEY } = process.env;
const client = createClient<paths>({ baseUrl: BASE_URL, headers: API_KEY ? { 'X-API-Key': API_KEY } : {} });

function expectProblem(error: Problem | undefined, response: Response, status: number): Problem {
  assert.equal(response.status, status);
  assert.ok(error, `no problem document with ${status}`);
  assert.equal(error.status, status);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return error;
}

async function main(): Promise<void> {
  const health = await client.GET('/healthz');
  assert.equal(health.data?.status, 'ok', JSON.stringify(health.error));
  assert.equal((await client.GET('/readyz')).data?.status, 'ready');
  assert.equal((await client.GET('/create-table', { parseAs: 'text' })).data, 'Tabla cars creada');

  const brand = `openapi-fetch ${Date.now()}`;
  const golf = { brand, model: 'Golf', year: 2018 };
  const once = { params: { header: { 'idempotency-key': brand } } };
  const { data: car, error } = await client.POST('/cars', { ...once, body: golf });
  assert.ok(car, JSON.stringify(error));
  assert.equal((await client.POST('/cars', { ...once, body: golf })).data?.id, car.id);
  const reused = await client.POST('/cars', { ...once, body: { ...golf, year: 2019 } });
  expectProblem(reused.error, reused.response, 422);
  const plain = await client.POST('/cars', { body: golf, headers: { 'Content-Type': 'text/plain' } });
  expectProblem(plain.error, plain.response, 415);
  const polo = await client.POST('/cars', { body: { brand, model: 'Polo', year: 2020 } });
  assert.ok(polo.data);

  const path = { id: car.id };
  const read = await client.GET('/cars/{id}', { params: { path } });
  assert.ok(read.data);
  assert.deepEqual(read.data, car);
  const tag = read.response.headers.get('etag') ?? '';
  const header = { 'if-none-match': tag };
  const unchanged = await client.GET('/cars/{id}', { params: { path, header } });
  assert.equal(unchanged.response.status, 304);
  const missing = await client.GET('/cars/{id}', { params: { path: { id: Number.MAX_SAFE_INTEGER } } });
  expectProblem(missing.error, missing.response, 404);

  const query = { brand: [brand], limit: 1, count: 'exact' as const };
  const first = await client.GET('/cars', { params: { query } });
  assert.deepEqual(first.data, [car]);
  assert.equal(first.response.headers.get('x-total-count'), '2');
  const link = /<([^>]+)>; rel="next"/.exec(first.response.headers.get('link') ?? '')?.[1] ?? '';
  const cursor = new URL(link, BASE_URL).searchParams.get('cursor') ?? '';
  const second = await client.GET('/cars', { params: { query: { ...query, cursor } } });
  assert.deepEqual(second.data, [polo.data]);

  const counts = await client.GET('/cars/counts', { params: { query: { by: 'year', brand: [brand] } } });
  assert.deepEqual(counts.data, [
    { value: 2018, cars: 1 },
    { value: 2020, cars: 1 },
  ]);
  assert.equal((await client.GET('/')).data?.service, 'cars-api');
  assert.ok((await client.GET('/me')).data?.scopes.includes('cars:write'));

  const replace = { params: { path, header: { 'if-match': tag } }, body: { ...read.data, year: 2019 } };
  assert.equal((await client.PUT('/cars/{id}', replace)).data?.year, 2019);
  const stale = await client.PUT('/cars/{id}', { ...replace, body: car });
  expectProblem(stale.error, stale.response, 412);
  const patched = await client.PATCH('/cars/{id}', {
    params: { path },
    body: { year: 2020 },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
  assert.equal(patched.data?.year, 2020, JSON.stringify(patched.error));

  const history = await client.GET('/cars/{id}/history', { params: { path } });
  assert.deepEqual(
    history.data?.map(({ change, after }) => [change, after?.year]),
    [
      ['updated', 2020],
      ['updated', 2019],
      ['created', 2018],
    ],
  );
  const batch = await client.POST('/cars/batch', {
    params: { header: { 'idempotency-key': brand } },
    body: [golf, golf],
  });
  assert.equal(batch.data?.created, 2, JSON.stringify(batch.error));
  const filter = { brand: [brand] };
  const csv = await client.GET('/cars.csv', { params: { query: filter }, parseAs: 'text' });
  assert.equal(csv.data?.trimEnd().split('\r\n').length, 5);
  const rest = { params: { query: { ...filter, afterId: polo.data.id } }, parseAs: 'text' as const };
  assert.equal((await client.GET('/cars.ndjson', rest)).data?.trimEnd().split('\n').length, 2);

  const deleted = await client.DELETE('/cars/{id}', {
    params: { path },
    headers: { Accept: 'application/problem+json' },
  });
  assert.equal(deleted.response.status, 204, JSON.stringify(deleted.error));
}

void main();
