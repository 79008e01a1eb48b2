/** Texts and years that a car may have, and the form in which they are kept. */

import { describe, expect, it } from 'vitest';
import { carOf, carsOf } from './answer.ts';
import { ENGINES, useApp } from './start-app.ts';

const LONGEST = '🚗'.repeat(100);

/** What is sent and what is kept; escapes are of JSON. */
const TEXTS = [
  ['a plain text', '"Golf"', 'Golf'],
  ['one character', '"C"', 'C'],
  ['blanks around it', '"  Golf  "', 'Golf'],
  ['blanks of other scripts around it', '"\\u00a0\\u3000Golf\\u2003\\ufeff"', 'Golf'],
  ['a line separator around it', '"\\u2028Golf\\u2029"', 'Golf'],
  ['blanks inside', '"Land  Rover"', 'Land  Rover'],
  ['60,000 blanks around it', `"${' '.repeat(30_000)}Golf${' '.repeat(30_000)}"`, 'Golf'],
  ['a letter and its accent apart', '"Citroe\\u0308n"', 'Citroën'],
  ['a letter and two accents apart', '"\\u0065\\u0323\\u0302"', '\u1ec7'],
  ['Korean syllables apart', '"\\u1112\\u1167\\u11ab"', '현'],
  ['a letter that is kept only for old data', '"\\u212b"', 'Å'],
  ['a surrogate pair, escaped', '"\\ud83d\\ude97"', '🚗'],
  ['100 characters', JSON.stringify('x'.repeat(100)), 'x'.repeat(100)],
  ['100 characters of four bytes', JSON.stringify(LONGEST), LONGEST],
  ['100 characters and blanks around them', JSON.stringify(` ${LONGEST} `), LONGEST],
  ['200 code points that are 100 characters', JSON.stringify('e\u0301'.repeat(100)), 'é'.repeat(100)],
  [
    '400 code points that are 100',
    JSON.stringify('\u03b1\u0313\u0300\u0345'.repeat(100)),
    '\u1f82'.repeat(100),
  ],
  [
    'signs that SQL, HTML and URLs know',
    `"'; DROP TABLE cars; -- <b>&amp;%00\\\\\\""`,
    `'; DROP TABLE cars; -- <b>&amp;%00\\"`,
  ],
  ['signs of other directions and joiners', '"\\u202eflog\\u200d"', '\u202eflog\u200d'],
  ['a noncharacter', '"\\uffff"', '\uffff'],
  ['the name of a prototype', '"__proto__"', '__proto__'],
] as const;

const YEARS = [
  ['2018.0', 2018],
  ['2.018e3', 2018],
  ['20180e-1', 2018],
  ['1886', 1886],
  ['2100', 2100],
] as const;

describe.each(ENGINES)('a car on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  it.each(TEXTS)('may have a brand with %s', async (_, json, kept) => {
    const created = await app().post('/cars', `{"brand":${json},"model":"M","year":2018}`);
    expect([created.status, carOf(created).brand]).toEqual([201, kept]);
    const path = String(created.headers.get('location'));
    expect(carOf(await app().get(path)).brand).toBe(kept);
    const found = carsOf(await app().get(`/cars?brand=${encodeURIComponent(kept)}&limit=1000`));
    expect(found.map(({ id }) => id)).toContain(carOf(created).id);
  });

  it.each(TEXTS)('may have a model with %s', async (_, json, kept) => {
    const created = await app().post('/cars', { brand: 'B', model: 'M', year: 2018 });
    const path = String(created.headers.get('location'));
    const replaced = await app().put(path, `{"model":${json},"brand":"B","year":2018}`);
    expect([replaced.status, carOf(replaced).model]).toEqual([200, kept]);
    expect((await app().get(path)).body).toBe(replaced.body);
  });

  it.each(YEARS)('may have the year %s, which is the integer %i', async (json, year) => {
    const answer = await app().post('/cars', `{"brand":"B","model":"M","year":${json}}`);
    expect(answer.status).toBe(201);
    expect(answer.body).toContain(`"year":${year}}`);
  });

  it('may be sent after a byte order mark, and with its members in any order', async () => {
    const answer = await app().post('/cars', '\ufeff{"year":2018,"model":"M","brand":"B"}');
    expect(answer.status).toBe(201);
    expect(answer.body).toMatch(/^\{"brand":"B","id":\d+,"model":"M","year":2018\}$/);
  });
});
