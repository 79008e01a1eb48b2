/** What every server must do before it is measured: a fast wrong answer wins nothing. */

import { strict as assert } from 'node:assert';
import type { Server } from './servers.ts';

/** Servers that keep all promises of this service. */
const PROMISES = ['cars-api', 'cars-api-sqlite', 'fastify-promises'];

interface CarBody {
  readonly id: number;
  readonly brand: string;
  readonly model: string;
  readonly year: number;
}

/** Throws if the server does not create, read, list, change and delete cars as its workloads expect. */
export async function checkContract({ name, url }: Server): Promise<void> {
  if (name === 'limit') return;
  const ask = createClient(url);
  const first = { brand: 'Lotus', model: 'Seven', year: 1957 };
  const second = { brand: 'Lotus', model: 'Elise', year: 1996 };

  const created = await ask('POST', '/cars', 201, first);
  const { id } = (await created.json()) as CarBody;
  const path = `/cars/${id}`;
  assert.ok(id > 0);
  const read = async () => (await (await ask('GET', path, 200)).json()) as CarBody;
  assert.deepEqual(await read(), { id, ...first });
  assert.deepEqual(await (await ask('PUT', path, 200, second)).json(), { id, ...second });
  assert.deepEqual(await read(), { id, ...second });
  assert.equal((await list(ask, '/cars?limit=3')).length, 3);
  assert.deepEqual(await list(ask, '/cars?brand=Lotus&year=1996&limit=1'), [{ id, ...second }]);
  if (PROMISES.includes(name)) await checkPromises(ask, path, first);
  await ask('DELETE', path, 204);
  await ask('GET', path, 404);
  await ask('PUT', path, 404, first);
  await ask('DELETE', path, 404);
}

async function checkPromises(ask: Client, path: string, fields: object): Promise<void> {
  const tag = (await ask('GET', path, 200)).headers.get('etag') ?? '';
  await ask('GET', path, 304, undefined, { 'if-none-match': tag });
  await ask('PUT', path, 412, fields, { 'if-match': '"99"' });
  const changed = await ask('PUT', path, 200, fields, { 'if-match': tag });
  assert.notEqual(changed.headers.get('etag'), tag);
  const key = { 'idempotency-key': `contract-${performance.now()}` };
  const ids = new Set<number>();
  for (let time = 0; time < 2; time += 1) {
    const answer = await ask('POST', '/cars', 201, fields, key);
    ids.add(((await answer.json()) as CarBody).id);
  }
  assert.equal(ids.size, 1);
}

type Client = ReturnType<typeof createClient>;

function createClient(url: string) {
  return async (method: string, path: string, status: number, body?: object, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    });
    assert.equal(response.status, status, `${method} ${path} of ${url}`);
    return response;
  };
}

/** This service answers with an object that holds the cars, the peers with the cars alone. */
async function list(ask: Client, path: string): Promise<readonly CarBody[]> {
  const body = (await (await ask('GET', path, 200)).json()) as readonly CarBody[] | { cars: CarBody[] };
  return 'cars' in body ? body.cars : body;
}
