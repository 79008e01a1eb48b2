/** Paths that proxies and servers read in different ways: here each is exactly what it says, and no other path. */

import { afterEach, describe, expect, it } from 'vitest';
import { carOf } from '../answer.ts';
import { rawHead, sendRawAnswered } from '../raw-request.ts';
import { useApp } from '../start-app.ts';

const app = useApp();
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

/** Each would be `/cars` or `/cars/{id}` to a reader that tidies up. */
const TRICKS = (id: number) => [
  `/./cars/${id}`,
  `/x/../cars/${id}`,
  `/%2e/cars/${id}`,
  `/x/%2e%2e/cars/${id}`,
  `/docs/..%2fcars/${id}`,
  `/docs/..;/cars/${id}`,
  `/cars;x=1/${id}`,
  `//cars/${id}`,
  `/cars//${id}`,
  `/cars/./${id}`,
  `/cars/${id}/.`,
  `/cars/${id}/..`,
  `/cars/${id}/../${id}`,
  `/cars/${id}%2f`,
  `/cars/${id};`,
  `/cars/${id};.json`,
  `/cars/${id}.json`,
  `/cars/${id}%00`,
  `/cars/${id}%0d%0aX:y`,
  `/cars/${id}%23`,
  `/cars/${id}%3f`,
  `/cars/%25${id}`,
  `/cars/%2531`,
  `/cars\\${id}`,
  `/cars%5c${id}`,
  `/cars%2f${id}`,
  `\\cars\\${id}`,
  `/CARS/${id}`,
  `/Cars/${id}`,
  `/cars/${id}/HISTORY`,
  `/cars/${id}/history/`,
  `/cars/%ef%bc%91`,
  `/cars/${id}%e2%80%8b`,
  `/c%61rs%2f${id}`,
  `http://cars.example//cars/${id}`,
  `http://cars.example/x/../cars/${id}`,
  `http://cars.example\\cars\\${id}`,
  `ftp://cars.example/cars/${id}`,
];

// Proves: ambiguous-path
describe('a path that looks like a car only after normalisation', () => {
  it.each(TRICKS(1).map((path) => [path]))('neither returns nor deletes the car: %s', async (path) => {
    const { id } = carOf(await app().post('/cars', GOLF));
    const trick = TRICKS(id)[TRICKS(1).indexOf(path)] ?? '';
    for (const method of ['GET', 'DELETE']) {
      const { status } = await sendRawAnswered(app(), rawHead(method, trick));
      expect([400, 404]).toContain(status);
    }
    expect(carOf(await app().get(`/cars/${id}`))).toEqual({ ...GOLF, id });
  });
});

it('is decoded once: unreserved characters may be encoded', async () => {
  const { id } = carOf(await app().post('/cars', GOLF));
  const answer = await sendRawAnswered(app(), rawHead('GET', `/%63ars/${id}`));
  expect(answer.status).toBe(200);
});
