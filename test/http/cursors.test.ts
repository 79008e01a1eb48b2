/** Cursors that the service did not give out, or gave out for another list. */

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { startApp, useApp } from './start-app.ts';

const app = useApp();
const LIST = '/cars?sort=brand&yearMin=2000&limit=1';
let cursor = '';

beforeAll(async () => {
  for (const brand of ['Audi', 'Škoda', '🚗']) await app().post('/cars', { brand, model: 'M', year: 2020 });
  cursor = cursorOf(await app().get(LIST));
});

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

function cursorOf({ headers }: Answer): string {
  return /cursor=([\w-]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] ?? '';
}

const expectRefused = async (url: string) =>
  expectProblem(await app().get(url), 'invalid-cursor', [{ parameter: 'cursor' }]);

describe('a cursor', () => {
  it('starts the next page of its list', async () => {
    const answer = await app().get(`${LIST}&cursor=${cursor}`);
    expect(JSON.parse(answer.body)).toMatchObject([{ brand: 'Škoda' }]);
  });

  it('works with another limit, another count, and parameters in another order or case', async () => {
    for (const query of ['yearMin=2000&sort=brand', 'count=exact&sort=brand&yearMin=2000&limit=2']) {
      expect((await app().get(`/cars?cursor=${cursor}&${query}`)).status).toBe(200);
    }
    const forAudi = cursorOf(await twoAudis());
    expect((await app().get(`/cars?brand=AUDI&cursor=${forAudi}`)).status).toBe(200);
  });

  it('works for the same values in another order or case, and not for others', async () => {
    const audis = 'brand=Audi&brand=Seat&year=2020&year=2021&q=AU&limit=1';
    await twoAudis();
    const next = cursorOf(await app().get(`/cars?${audis}`));
    const same = 'year=2021&brand=seat&q=au&brand=AUDI&year=2020&brand=audi';
    expect((await app().get(`/cars?${same}&cursor=${next}`)).status).toBe(200);
    for (const other of ['brand=Audi', 'brand=Audi&brand=Fiat&year=2020&year=2021&q=au']) {
      await expectRefused(`/cars?${other}&cursor=${next}`);
    }
  });

  it('works on another instance of the service', async () => {
    const other = await startApp();
    const answer = await other.get(`${LIST}&cursor=${cursor}`);
    await other.stop();
    expect(answer.status).toBe(200);
  });

  it('is rejected if any of its characters was altered', async () => {
    for (const [index, character] of [...cursor].entries()) {
      const other = character === 'A' ? 'B' : 'A';
      await expectRefused(`${LIST}&cursor=${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`);
    }
  });

  it('is rejected if it was cut short at its start or its end', async () => {
    for (let length = 1; length < cursor.length; length += 1) {
      await expectRefused(`${LIST}&cursor=${cursor.slice(0, length)}`);
      await expectRefused(`${LIST}&cursor=${cursor.slice(-length)}`);
    }
  });

  it.each(['A', '=', '==', '.', '%00', '%F0%9F%9A%97', '-', 'AAAA'])(
    'is rejected with "%s" appended',
    async (tail) => {
      await expectRefused(`${LIST}&cursor=${cursor}${tail}`);
    },
  );

  it.each([
    '/cars?limit=1',
    '/cars?sort=brand&limit=1',
    '/cars?sort=-brand&yearMin=2000',
    '/cars?sort=brand,id&yearMin=2001',
    '/cars?sort=brand,-id&yearMin=2000',
    '/cars?sort=model&yearMin=2000',
    '/cars?sort=brand&yearMax=2000',
    '/cars?sort=brand&year=2000',
    '/cars?sort=brand&yearMin=2000&brand=Audi',
    '/cars?sort=brand&yearMin=2000&model=M',
    '/cars?sort=brand&yearMin=2000&brand=Audi&brand=Seat',
    '/cars?sort=brand&yearMin=2000&q=au',
  ])('is rejected for another list: %s', async (list) => {
    await expectRefused(`${list}&cursor=${cursor}`);
  });

  it.each([
    'x',
    'null',
    '0',
    '1',
    'eyJpZCI6MX0',
    'WzFd',
    'AAAAAAAAAAAA',
    '____',
    '%F0%9F%9A%97',
    '../../etc/passwd',
    "'%20OR%201=1--",
    '%00',
    'A'.repeat(8000),
  ])('is rejected if the service did not create it: %s', async (foreign) => {
    await expectRefused(`/cars?cursor=${foreign}`);
  });
});

async function twoAudis(): Promise<Answer> {
  await app().post('/cars', { brand: 'audi', model: 'M', year: 2020 });
  return app().get('/cars?brand=audi&limit=1');
}
