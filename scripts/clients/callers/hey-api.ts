/** Calls every operation with a client of hey-api, which checks each answer with zod. */

import assert from 'node:assert/strict';
import {
  countCars,
  createCar,
  createCars,
  createTable,
  deleteCar,
  exportCarsAsCsv,
  exportCarsAsNdjson,
  getCar,
  getCarHistory,
  getHealth,
  getIndex,
  getMe,
  getReadiness,
  listCars,
  patchCar,
  replaceCar,
} from './api';
import { client } from './api/client.gen';
import { zCarInput, zProblem } from './api/zod.gen';

const { BASE_URL = '', API_KEY } = process.env;
client.setConfig({ baseUrl: BASE_URL, ...(API_KEY && { auth: API_KEY }) });

/** The error of an answer is a problem document, with its status. */
function expectProblem(error: unknown, response: Response | undefined, status: number): void {
  assert.equal(response?.status, status, JSON.stringify(error));
  assert.equal(zProblem.parse(error).status, status);
}

function expectTextsAreChecked(): void {
  const accepts = (brand: string) => zCarInput.safeParse({ brand, model: 'Golf', year: 2018 }).success;
  for (const brand of ['Volkswagen', ' Škoda', '中', '😀', 'é'.repeat(100)]) assert.ok(accepts(brand), brand);
  for (const control of ['\u0000', '\n', '\u001f', '\u007f', '\u0085', '\u009f'])
    for (const brand of [`${control}a`, `a${control}`, `a${control}b`])
      assert.ok(!accepts(brand), JSON.stringify(brand));
  for (const brand of ['', ' ', '\u3000']) assert.ok(!accepts(brand), JSON.stringify(brand));
}

async function main(): Promise<void> {
  expectTextsAreChecked();
  const health = await getHealth();
  assert.equal(health.data?.status, 'ok', String(health.error));
  assert.equal((await getReadiness()).data?.status, 'ready');
  assert.equal((await createTable()).data, 'Tabla cars creada');

  const brand = `hey-api ${Date.now()}`;
  const golf = { brand, model: 'Golf', year: 2018 };
  const headers = { 'idempotency-key': brand };
  const { data: car, error } = await createCar({ body: golf, headers });
  assert.ok(car, String(error));
  assert.equal((await createCar({ body: golf, headers })).data?.id, car.id);
  const reused = await createCar({ body: { ...golf, year: 2019 }, headers });
  expectProblem(reused.error, reused.response, 422);
  const plain = await createCar({ body: golf, headers: { 'Content-Type': 'text/plain' } });
  expectProblem(plain.error, plain.response, 415);
  const polo = await createCar({ body: { brand, model: 'Polo', year: 2020 } });
  assert.ok(polo.data, String(polo.error));

  const path = { id: car.id };
  const read = await getCar({ path });
  assert.deepEqual(read.data, car);
  const tag = read.response?.headers.get('etag') ?? '';
  const unchanged = await getCar({ path, headers: { 'if-none-match': tag } });
  assert.equal(unchanged.response?.status, 304);
  const missing = await getCar({ path: { id: Number.MAX_SAFE_INTEGER } });
  expectProblem(missing.error, missing.response, 404);

  const query = { brand: [brand], limit: 1, count: 'exact' as const };
  const first = await listCars({ query });
  assert.deepEqual(first.data, [car]);
  const link = /<([^>]+)>; rel="next"/.exec(first.response?.headers.get('link') ?? '')?.[1] ?? '';
  const cursor = new URL(link, BASE_URL).searchParams.get('cursor') ?? '';
  assert.deepEqual((await listCars({ query: { ...query, cursor } })).data, [polo.data]);

  const counts = await countCars({ query: { by: 'year', brand: [brand] } });
  assert.deepEqual(counts.data, [
    { value: 2018, cars: 1 },
    { value: 2020, cars: 1 },
  ]);
  assert.equal((await getIndex()).data?.service, 'cars-api');
  assert.ok((await getMe()).data?.scopes.includes('cars:write'));

  const guard = { path, headers: { 'if-match': tag } };
  assert.equal((await replaceCar({ ...guard, body: { ...car, year: 2019 } })).data?.year, 2019);
  const stale = await replaceCar({ ...guard, body: car });
  expectProblem(stale.error, stale.response, 412);
  const patched = await patchCar({ path, body: { year: 2020 } });
  assert.equal(patched.data?.year, 2020, String(patched.error));

  const history = await getCarHistory({ path });
  assert.deepEqual(
    history.data?.map(({ change, after }) => [change, after?.year]),
    [
      ['updated', 2020],
      ['updated', 2019],
      ['created', 2018],
    ],
    String(history.error),
  );
  const batch = await createCars({ headers: { 'idempotency-key': brand }, body: [golf, golf] });
  assert.equal(batch.data?.created, 2, String(batch.error));
  const csv = await exportCarsAsCsv({ query: { brand: [brand] }, parseAs: 'text' });
  assert.equal(String(csv.data).trimEnd().split('\r\n').length, 5);
  const rest = await exportCarsAsNdjson({
    query: { brand: [brand], afterId: polo.data.id },
    parseAs: 'text',
  });
  assert.equal(String(rest.data).trimEnd().split('\n').length, 2);

  const deleted = await deleteCar({ path });
  assert.equal(deleted.response?.status, 204, String(deleted.error));
}

void main();
