/** PATCH: a JSON merge patch (RFC 7396) on a car, none of whose members can be removed. */

import { describe, expect, it } from 'vitest';
import { carOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { ENGINES, useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

describe.each(ENGINES)('PATCH on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  async function createCar(): Promise<string> {
    const { headers } = await app().post('/cars', GOLF);
    return String(headers.get('location'));
  }

  describe.each(['application/merge-patch+json', 'application/json'])('as %s', (type) => {
    const patch = (path: string, body: object) => app().patch(path, body, { 'content-type': type });

    it.each([
      { brand: 'Seat' },
      { model: 'Polo' },
      { year: 2019 },
      { model: 'Polo', year: 2019 },
      { year: 1990, brand: 'Seat', model: 'Ibiza' },
    ])('replaces the members of %j and keeps the others', async (members) => {
      const path = await createCar();
      const answer = await patch(path, members);
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
      const { id, ...fields } = carOf(answer);
      expect(fields).toEqual({ ...GOLF, ...members });
      expect(path).toBe(`/cars/${id}`);
      expect((await app().get(path)).body).toBe(answer.body);
    });

    it('returns the four members in order', async () => {
      const path = await createCar();
      const id = path.slice('/cars/'.length);
      const answer = await patch(path, { year: 2019, model: 'Polo' });
      expect(answer.body).toBe(`{"brand":"Volkswagen","id":${id},"model":"Polo","year":2019}`);
    });

    it('accepts an empty patch, which changes no member', async () => {
      const path = await createCar();
      const answer = await patch(path, {});
      expect([answer.status, carOf(answer)]).toMatchObject([200, GOLF]);
      expect(answer.headers.get('etag')).toBe('"1"');
      expect((await app().get(path)).headers.get('etag')).toBe('"1"');
    });

    it.each(['brand', 'model', 'year'])(
      'answers 422 to %s: null, which would remove the member',
      async (member) => {
        const path = await createCar();
        await expectProblem(await patch(path, { [member]: null }), 'invalid-car', [
          { pointer: `/${member}` },
        ]);
        expect(carOf(await app().get(path))).toMatchObject(GOLF);
      },
    );

    it('answers 422 to an unknown member, even if it is null', async () => {
      const path = await createCar();
      await expectProblem(await patch(path, { color: null }), 'invalid-car', [{ pointer: '/color' }]);
      await expectProblem(await patch(path, { id: 9999 }), 'invalid-car', [{ pointer: '/id' }]);
    });

    it('changes nothing if one member is invalid', async () => {
      const path = await createCar();
      await expectProblem(await patch(path, { brand: 'Seat', year: 1 }), 'invalid-car', [
        { pointer: '/year' },
      ]);
      expect(carOf(await app().get(path))).toMatchObject(GOLF);
    });
  });

  it('normalises the texts of a patch', async () => {
    const answer = await app().patch(await createCar(), { brand: '  Citroe\u0308n  ' });
    expect(carOf(answer).brand).toBe('Citroën');
  });

  it('is the only method that accepts application/merge-patch+json', async () => {
    const path = await createCar();
    const headers = { 'content-type': 'application/merge-patch+json' };
    await expectProblem(await app().put(path, GOLF, headers), 'unsupported-media-type');
    await expectProblem(await app().post('/cars', GOLF, headers), 'unsupported-media-type');
  });
});
