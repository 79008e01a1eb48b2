/** One client session, compared byte for byte: create the table, then create, list, replace, patch and delete. */

import { describe, expect, it } from 'vitest';
import { ENGINES, useApp } from './start-app.ts';

const GOLF = '{"brand":"Volkswagen","id":1,"model":"Golf","year":2018}';
const T_CROSS = '{"brand":"Volkswagen","id":2,"model":"T-cross","year":2021}';
const POLO = '{"brand":"Volkswagen","id":1,"model":"Polo","year":2019}';

describe.each(ENGINES)('a client session on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  // One test, because each request depends on the ones before it.
  it('gets the expected answer to every request', async () => {
    const { get, post, put, call } = app();

    const created = await get('/create-table');
    expect([created.status, created.body]).toEqual([200, 'Tabla cars creada']);
    expect(created.headers.get('content-type')).toBe('text/plain; charset=utf-8');

    const empty = await get('/cars');
    expect([empty.status, empty.body]).toEqual([200, '[]']);

    const golf = await post('/cars', '{"brand":"Volkswagen","model":"Golf","year":2018}');
    expect([golf.status, golf.body]).toEqual([201, GOLF]);
    expect(golf.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(golf.headers.get('location')).toBe('/cars/1');

    const tCross = await post('/cars', '{"brand":"Volkswagen","model":"T-cross","year":2021}');
    expect([tCross.status, tCross.body]).toEqual([201, T_CROSS]);

    const both = await get('/cars');
    expect([both.status, both.body]).toEqual([200, `[${GOLF},${T_CROSS}]`]);

    const polo = await put('/cars/1', '{"brand":"Volkswagen","model":"Polo","year":2019}');
    expect([polo.status, polo.body]).toEqual([200, POLO]);

    const one = await get('/cars/1');
    expect([one.status, one.body]).toEqual([200, POLO]);

    const patched = await call('PATCH', '/cars/1', {}, '{"year":2020}');
    expect([patched.status, patched.body]).toEqual([200, POLO.replace('2019', '2020')]);

    const deleted = await call('DELETE', '/cars/1');
    expect([deleted.status, deleted.body]).toEqual([204, '']);
    expect((await call('DELETE', '/cars/1')).status).toBe(404);
    expect((await get('/cars')).body).toBe(`[${T_CROSS}]`);
  });

  it('can repeat /create-table without losing a car', async () => {
    const { get, post } = app();
    const { headers } = await post('/cars', { brand: 'Seat', model: 'Ibiza', year: 1984 });
    for (let times = 0; times < 3; times += 1) {
      expect((await get('/create-table')).body).toBe('Tabla cars creada');
    }
    expect((await get(String(headers.get('location')))).status).toBe(200);
  });
});
