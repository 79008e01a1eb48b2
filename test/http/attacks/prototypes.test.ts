/** Names that JavaScript's objects have by themselves: as members and parameters they are unknown like any other. */

import { afterEach, describe, expect, it } from 'vitest';
import { carOf } from '../answer.ts';
import { expectProblem } from '../expect-problem.ts';
import { useApp } from '../start-app.ts';

const app = useApp();
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'valueOf',
];
const VALUES = ['{"polluted":true}', '{"prototype":{"polluted":true}}', 'null', '"x"', '[]'];

afterEach(async () => {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  // What a polluted prototype would lend to every car and every query.
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((await app().get('/healthz')).status).toBe(200);
});

describe.each(NAMES)('%s', (name) => {
  // Proves: prototypes
  it.each(VALUES)('as a member with the value %s is rejected, even in a complete car', async (value) => {
    const { id } = carOf(await app().post('/cars', GOLF));
    const whole = `{"brand":"Volkswagen","model":"Golf","year":2018,"${name}":${value}}`;
    for (const [method, path, body, type] of [
      ['POST', '/cars', whole, 'application/json'],
      ['PUT', `/cars/${id}`, whole, 'application/json'],
      ['PATCH', `/cars/${id}`, `{"${name}":${value}}`, 'application/merge-patch+json'],
    ] as const) {
      const answer = await app().call(method, path, { 'content-type': type }, body);
      await expectProblem(answer, 'invalid-car', [{ pointer: `/${name}` }]);
    }
    expect(carOf(await app().get(`/cars/${id}`))).toEqual({ ...GOLF, id });
  });

  it('does not supply missing members of a car', async () => {
    const body = `{"${name}":{"brand":"Volkswagen","model":"Golf","year":2018}}`;
    expect((await app().post('/cars', body)).status).toBe(422);
  });

  it('as a parameter is rejected in any encoding', async () => {
    for (const query of [
      `${name}=1`,
      `${name}[polluted]=true`,
      `${name}.polluted=true`,
      `brand[${name}]=x`,
    ]) {
      const answer = await app().get(`/cars?${query}`);
      const [parameter = ''] = query.split('=');
      await expectProblem(answer, 'invalid-parameter', [{ parameter }]);
    }
  });
});
