/** Bodies that are no car: every rule of a car, for every call that takes one. */

import { afterEach, describe, expect, it } from 'vitest';
import { carsOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { useApp } from './start-app.ts';

const app = useApp();
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

/** Values of a member, as they stand in the JSON, that no car may have. */
const NO_TEXTS = {
  'a number': '5',
  true: 'true',
  null: 'null',
  'a list': '["Golf"]',
  'an object': '{"name":"Golf"}',
  'an empty text': '""',
  'a text of blanks': '" \\u00a0\\u3000 "',
  'a text of 101 characters': JSON.stringify('x'.repeat(101)),
  'a text of 101 characters of four bytes': JSON.stringify('🚗'.repeat(101)),
  'a text of 60,000 letters': JSON.stringify('x'.repeat(60_000)),
  'a NUL': '"Go\\u0000lf"',
  'a line break': '"Go\\nlf"',
  'a line break at its end': '"Golf\\n"',
  'a tab before it': '"\\tGolf"',
  'the control character DEL': '"Go\\u007flf"',
  'a C1 control character': '"Go\\u0085lf"',
  'the first half of a surrogate pair': '"Go\\ud83dlf"',
  'the second half of a surrogate pair': '"Go\\ude97lf"',
  'the halves of a pair in the wrong order': '"\\ude97\\ud83d"',
  '30,000 lists in each other': `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  'an object with a prototype': '{"__proto__":{"length":4}}',
};
const NO_YEARS = {
  'a text': '"2018"',
  'a fraction': '2018.5',
  null: 'null',
  true: 'true',
  'a list': '[2018]',
  'an object': '{}',
  'the year before the first car': '1885',
  'a year after the last': '2101',
  'a negative number': '-2018',
  zero: '0',
  'more than a double holds': '1e400',
  'a huge integer': '20180000000000000000000',
};
const WRONG_MEMBERS = [
  ...Object.entries(NO_TEXTS).flatMap(([what, json]) => [
    { member: 'brand', what, json },
    { member: 'model', what, json },
  ]),
  ...Object.entries(NO_YEARS).map(([what, json]) => ({ member: 'year', what, json })),
];

/** Members that a car does not have, and the pointers to them. */
const UNKNOWN_MEMBERS = [
  ['color', '/color'],
  ['version', '/version'],
  ['Brand', '/Brand'],
  ['', '/'],
  ['a/b~c', '/a~1b~0c'],
  ['__proto__', '/__proto__'],
  ['constructor', '/constructor'],
  ['prototype', '/prototype'],
  ['toString', '/toString'],
  ['hasOwnProperty', '/hasOwnProperty'],
] as const;

/** A car in JSON whose member has the given value. */
function withMember(member: string, json: string): string {
  const others = Object.entries(GOLF).filter(([name]) => name !== member);
  return `{${[...others.map(([name, value]) => `"${name}":${JSON.stringify(value)}`), `"${member}":${json}`].join(',')}}`;
}

describe.each([
  { method: 'POST', path: '/cars' },
  { method: 'PUT', path: '/cars/1' },
  { method: 'PATCH', path: '/cars/1' },
])('$method $path', ({ method, path }) => {
  const send = (body: string) => app().call(method, path, {}, body);

  it.each(WRONG_MEMBERS)('answers 422 to a $member that is or has $what', async ({ member, json }) => {
    const answer = await send(withMember(member, json));
    await expectProblem(answer, 'invalid-car', [{ pointer: `/${member}` }]);
  });

  it.each(UNKNOWN_MEMBERS)('answers 422 to the unknown member "%s"', async (member, pointer) => {
    const answer = await send(`{"brand":"Seat","model":"Leon","year":2020,${JSON.stringify(member)}:1}`);
    await expectProblem(answer, 'invalid-car', [{ pointer }]);
  });

  it('reports a member once, even if it breaks two rules', async () => {
    for (const json of ['""', '" "', `"${'\\u0001'.repeat(101)}"`, '"\\ud800\\u0000"']) {
      const answer = await send(withMember('brand', json));
      await expectProblem(answer, 'invalid-car', [{ pointer: '/brand' }]);
    }
  });

  it('ignores the members of a car inside a member "__proto__"', async () => {
    const answer = await send('{"__proto__":{"brand":"Evil","model":"Evil","year":2020}}');
    expect(answer.status).toBe(422);
    expect(Object.keys({})).toEqual([]);
    expect(carsOf(await app().get('/cars?brand=Evil'))).toEqual([]);
  });

  it('lists every fault with its pointer', async () => {
    const answer = await send('{"brand":5,"year":"2018","model":"x","color":"red"}');
    const pointers = JSON.parse(answer.body).errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(pointers.sort()).toEqual(['/brand', '/color', '/year']);
    expect(answer.status).toBe(422);
  });

  it('lists at most 20 faults', async () => {
    const members = Array.from({ length: 5000 }, (_, index) => `"x${index}":0`);
    const answer = await send(`{${members.join(',')}}`);
    expect(JSON.parse(answer.body).errors).toHaveLength(20);
    expect(answer.status).toBe(422);
  });

  it.each(['[]', '[{"brand":"Seat"}]', '5', '"Golf"', 'null', 'true'])(
    'answers 422 to the body %s, which is not an object',
    async (body) => {
      await expectProblem(await send(body), 'invalid-car', [{ pointer: '' }]);
    },
  );
});

describe.each([
  { method: 'POST', path: '/cars' },
  { method: 'PUT', path: '/cars/1' },
])('$method $path, which requires every member', ({ method, path }) => {
  it.each(['brand', 'model', 'year'])('answers 422 without %s', async (member) => {
    const { [member as keyof typeof GOLF]: _, ...others } = GOLF;
    const answer = await app().call(method, path, {}, others);
    await expectProblem(answer, 'invalid-car', [{ pointer: `/${member}` }]);
  });

  it('answers 422 to an empty object and lists the missing members', async () => {
    const answer = await app().call(method, path, {}, '{}');
    const faults = [{ pointer: '/brand' }, { pointer: '/model' }, { pointer: '/year' }];
    await expectProblem(answer, 'invalid-car', faults);
  });
});

describe('an id in a body', () => {
  const seat = (id: unknown) => ({ brand: 'Seat', id, model: 'Leon', year: 2020 });

  it('is not accepted by POST, which assigns it', async () => {
    await expectProblem(await app().post('/cars', seat(1)), 'invalid-car', [{ pointer: '/id' }]);
  });

  describe.each(['PUT', 'PATCH'])('of a %s', (method) => {
    it.each([2, 0, -1, 1.5, '1', null, true, [1], 2 ** 60])(
      'is rejected with 422 if it is %j, not the id in the path',
      async (id) => {
        const answer = await app().call(method, '/cars/1', {}, seat(id));
        await expectProblem(answer, 'invalid-car', [{ pointer: '/id' }]);
      },
    );

    it('is rejected before the car is looked for', async () => {
      const answer = await app().call(method, '/cars/999', { 'if-match': '"7"' }, seat(998));
      await expectProblem(answer, 'invalid-car', [{ pointer: '/id' }]);
      await expectProblem(await app().call(method, '/cars/999', {}, seat(999)), 'car-not-found');
    });
  });
});

describe('rejected cars', () => {
  it('are not stored', async () => {
    expect(carsOf(await app().get('/cars'))).toEqual([]);
  });
});
