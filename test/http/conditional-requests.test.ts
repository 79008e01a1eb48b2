/** Conditional requests: a car's ETag, and reads and changes that depend on it (RFC 9110, section 13). */

import { describe, expect, it } from 'vitest';
import { carOf, lastingHeaders } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const POLO = { brand: 'Volkswagen', model: 'Polo', year: 2019 };

/** Lists of tags that name `"1"`, and some that do not; `strong` where If-Match may take them for it. */
const LISTS = [
  { list: '"1"', strong: true, weak: true },
  { list: ' "1" ', strong: true, weak: true },
  { list: '"7", "1"', strong: true, weak: true },
  { list: '"7","1","8"', strong: true, weak: true },
  { list: ', "7",, "1" ,', strong: true, weak: true },
  { list: '"a,b", "1"', strong: true, weak: true },
  { list: 'W/"7", "1"', strong: true, weak: true },
  { list: '*', strong: true, weak: true },
  { list: 'W/"1"', strong: false, weak: true },
  { list: '"7", W/"1"', strong: false, weak: true },
  { list: '"2"', strong: false, weak: false },
  { list: '"01"', strong: false, weak: false },
  { list: '""', strong: false, weak: false },
  { list: '"*"', strong: false, weak: false },
];

describe.each(ENGINES)('conditional requests on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  /** The path of a new car, whose ETag is `"1"`. */
  async function createCar(): Promise<string> {
    const { headers } = await app().post('/cars', GOLF);
    return String(headers.get('location'));
  }

  it('gives each version of a car a strong ETag, the same in every response', async () => {
    const { post, get, head, put, patch } = app();
    const created = await post('/cars', GOLF);
    const path = String(created.headers.get('location'));
    const tags = [created, await get(path), await head(path)].map(({ headers }) => headers.get('etag'));
    expect(tags).toEqual(['"1"', '"1"', '"1"']);
    const replaced = await put(path, POLO);
    expect([replaced.headers.get('etag'), (await get(path)).headers.get('etag')]).toEqual(['"2"', '"2"']);
    const patched = await patch(path, { year: 2020 });
    expect([patched.headers.get('etag'), (await get(path)).headers.get('etag')]).toEqual(['"3"', '"3"']);
  });

  it('answers 304 without a body to a GET with the current ETag', async () => {
    const answer = await app().get(await createCar(), { 'if-none-match': '"1"' });
    expect([answer.status, answer.body]).toEqual([304, '']);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    // A length would have to be that of the car (RFC 9110, section 8.6).
    expect(lastingHeaders(answer)).not.toHaveProperty('content-length');
  });

  it('answers 304 to a HEAD with the current ETag', async () => {
    const answer = await app().head(await createCar(), { 'if-none-match': '"1"' });
    expect([answer.status, answer.headers.get('etag')]).toEqual([304, '"1"']);
  });

  it.each(LISTS)('compares If-None-Match: $list weakly on GET', async ({ list, weak }) => {
    const answer = await app().get(await createCar(), { 'if-none-match': list });
    expect(answer.status).toBe(weak ? 304 : 200);
    expect(answer.body === '').toBe(weak);
  });

  it('sends the car again after a change', async () => {
    const path = await createCar();
    await app().put(path, POLO);
    const answer = await app().get(path, { 'if-none-match': '"1"' });
    expect([answer.status, carOf(answer).model]).toEqual([200, 'Polo']);
  });

  it('answers 412 to a GET if If-Match lists another version', async () => {
    const path = await createCar();
    expect((await app().get(path, { 'if-match': '"1"' })).status).toBe(200);
    await expectProblem(await app().get(path, { 'if-match': '"2"' }), 'version-mismatch');
  });

  describe.each([
    { method: 'PUT', body: POLO, success: 200 },
    { method: 'PATCH', body: { model: 'Polo' }, success: 200 },
    { method: 'DELETE', body: undefined, success: 204 },
  ])('$method', ({ method, body, success }) => {
    const change = (path: string, headers: Record<string, string>) => app().call(method, path, headers, body);

    it.each(LISTS)('compares If-Match: $list strongly', async ({ list, strong }) => {
      const path = await createCar();
      const answer = await change(path, { 'if-match': list });
      if (strong) expect(answer.status).toBe(success);
      else await expectProblem(answer, 'version-mismatch');
      const after = await app().get(path);
      if (!strong) expect([after.headers.get('etag'), carOf(after).model]).toEqual(['"1"', 'Golf']);
    });

    it('answers 412 when another request changed the car first', async () => {
      const path = await createCar();
      await app().patch(path, { year: 1999 });
      await expectProblem(await change(path, { 'if-match': '"1"' }), 'version-mismatch');
      expect(carOf(await app().get(path))).toMatchObject({ model: 'Golf', year: 1999 });
      expect((await change(path, { 'if-match': '"2"' })).status).toBe(success);
    });

    it('answers 404, not 412, if the car does not exist', async () => {
      for (const list of ['"1"', '*', 'W/"1"']) {
        await expectProblem(await change('/cars/999999', { 'if-match': list }), 'car-not-found');
      }
    });

    it('answers 412 to If-None-Match with * or the current version, and changes nothing', async () => {
      const path = await createCar();
      for (const list of ['*', '"1"', 'W/"1"', '"7", "1"']) {
        await expectProblem(await change(path, { 'if-none-match': list }), 'version-mismatch');
      }
      expect((await app().get(path)).headers.get('etag')).toBe('"1"');
      expect((await change(path, { 'if-none-match': '"7"' })).status).toBe(success);
    });

    it('does not require a precondition', async () => {
      expect((await change(await createCar(), {})).status).toBe(success);
    });
  });

  it('applies one of ten concurrent changes with the same If-Match, and answers 412 to the others', async () => {
    const path = await createCar();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => app().put(path, POLO, { 'if-match': '"1"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
  });
});

describe.each(ENGINES)('a car that was read, on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  it.each(['PUT', 'PATCH'])(
    'can be sent back as it is with %s: it keeps its ETag and its history',
    async (method) => {
      const path = String((await app().post('/cars', GOLF)).headers.get('location'));
      const read = await app().get(path);
      const etag = String(read.headers.get('etag'));
      for (const headers of [{}, { 'if-match': etag }]) {
        const answer = await app().call(method, path, headers, read.body);
        expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([200, read.body, etag]);
      }
      expect(JSON.parse((await app().get(`${path}/history`)).body)).toHaveLength(1);
      await expectProblem(
        await app().call(method, path, { 'if-match': '"9"' }, read.body),
        'version-mismatch',
      );
      const changed = await app().call(
        method,
        path,
        { 'if-match': etag },
        { ...JSON.parse(read.body), year: 1999 },
      );
      expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
      await expectProblem(
        await app().call(method, path, { 'if-match': etag }, changed.body),
        'version-mismatch',
      );
    },
  );

  it('is changed by texts that only differ in case or are normalised otherwise', async () => {
    const path = String(
      (await app().post('/cars', { ...GOLF, brand: 'Citro\u00ebn' })).headers.get('location'),
    );
    const etagAfter = async (brand: string) => (await app().patch(path, { brand })).headers.get('etag');
    expect(await etagAfter('  Citroe\u0308n ')).toBe('"1"');
    expect(await etagAfter('citro\u00ebn')).toBe('"2"');
    expect(await etagAfter('citroe\u0308n')).toBe('"2"');
  });
});
