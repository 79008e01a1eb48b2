/** Each answer of a walk through the API is one that the OpenAPI document describes. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectLinearTime } from '../support/expect-linear-time.ts';
import { type Answer, parseBody } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { inlineResponses } from './inline-responses.ts';
import { useApp } from './start-app.ts';

/** With limits that the walk does not reach, so that its answers tell of them. */
const app = useApp(undefined, { RATE_LIMIT_READS: '1000', RATE_LIMIT_WRITES: '1000' });
const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const KEY = { 'idempotency-key': 'k' };
const CSV = { 'content-type': 'text/csv' };
const NDJSON = { 'content-type': 'application/x-ndjson' };

interface Documented {
  readonly content?: Record<string, object>;
  readonly headers?: Record<string, { readonly schema: { readonly type: string } }>;
}

interface Document {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, Documented> }>>;
}

interface SchemaOfCar {
  readonly properties: { readonly brand: { readonly pattern: string } };
}

// Not strict: the schemas stand inside a document that has words of its own.
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
let document: Document;

beforeAll(async () => {
  const served = parseBody(await app().get('/openapi.json')) as object;
  document = inlineResponses(served) as Document;
  ajv.addSchema(document, 'openapi');
  await app().post('/cars', GOLF);
  await app().post('/cars', { ...GOLF, model: 'T-cross' });
});

/** The part of the document that a pointer of these names leads to, as a reference. */
const referenceTo = (...names: string[]) =>
  `openapi#${names.map((name) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;

/** Header fields that say something about this one call. */
const TELLING = [
  ...['etag', 'location', 'link', 'x-total-count', 'idempotency-replayed', 'content-disposition'],
  ...['accept-post', 'accept-patch', 'accept', 'accept-encoding'],
];

const LIMIT = ['ratelimit', 'ratelimit-policy'];

function expectDocumented(method: string, template: string, answer: Answer): void {
  const operation = method.toLowerCase();
  const status = String(answer.status);
  const documented = document.paths[template]?.[operation]?.responses[status];
  expect(documented, `${method} ${template} documents ${status}`).toBeDefined();
  // Limits are told on every answer of the gate's routes, and documented where it went well, or where they were reached.
  const telling = answer.status < 400 ? [...TELLING, ...LIMIT] : TELLING;
  const told = telling.filter((name) => answer.headers.has(name));
  expect(Object.keys(documented?.headers ?? {})).toEqual(expect.arrayContaining(told));
  if (documented?.content === undefined) {
    expect(answer.body).toBe('');
    return;
  }
  const type = (answer.headers.get('content-type') ?? '').replace(/;.*/, '');
  expect(Object.keys(documented.content)).toContain(type);
  const $ref = referenceTo('paths', template, operation, 'responses', status, 'content', type, 'schema');
  const validate = ajv.compile({ $ref });
  validate(/[+/]json$/.test(type) ? parseBody(answer) : answer.body);
  expect(validate.errors ?? []).toEqual([]);
}

type Step = readonly [
  status: number,
  method: string,
  path: string,
  template: string,
  headers?: Record<string, string>,
  body?: object | string,
];

const STEPS: readonly Step[] = [
  [200, 'GET', '/create-table', '/create-table'],
  [406, 'GET', '/create-table', '/create-table', { accept: 'image/png' }],
  [200, 'GET', '/', '/'],
  [200, 'GET', '/healthz', '/healthz'],
  [200, 'GET', '/readyz', '/readyz'],
  [400, 'GET', '/readyz?x=1', '/readyz'],
  [200, 'GET', '/cars', '/cars'],
  [200, 'GET', '/cars?limit=1&count=exact', '/cars'],
  [400, 'GET', '/cars?limit=0&x=1', '/cars'],
  [400, 'GET', '/cars?cursor=x', '/cars'],
  [406, 'GET', '/cars', '/cars', { accept: 'text/html' }],
  [414, 'GET', `/cars?brand=${'x'.repeat(9000)}`, '/cars'],
  [200, 'GET', '/cars?brand=a&brand=b&q=vo&year=2018&year=2019', '/cars'],
  [400, 'GET', '/cars?q=v', '/cars'],
  [200, 'GET', '/cars/counts?by=brand', '/cars/counts'],
  [200, 'GET', '/cars/counts?by=year&q=vo&limit=1', '/cars/counts'],
  [304, 'GET', '/cars/counts?by=model', '/cars/counts', { 'if-none-match': '*' }],
  [400, 'GET', '/cars/counts', '/cars/counts'],
  [406, 'GET', '/cars/counts?by=year', '/cars/counts', { accept: 'text/html' }],
  [200, 'GET', '/me', '/me'],
  [400, 'GET', '/me?x=1', '/me'],
  [406, 'GET', '/me', '/me', { accept: 'text/html' }],
  [201, 'POST', '/cars', '/cars', {}, GOLF],
  [201, 'POST', '/cars', '/cars', KEY, GOLF],
  [201, 'POST', '/cars', '/cars', KEY, GOLF],
  [422, 'POST', '/cars', '/cars', KEY, { ...GOLF, year: 2020 }],
  [422, 'POST', '/cars', '/cars', {}, { color: 'red', year: '2018' }],
  [422, 'POST', '/cars', '/cars', {}, []],
  [400, 'POST', '/cars', '/cars', {}, '{'],
  [413, 'POST', '/cars', '/cars', {}, ' '.repeat(70_000)],
  [415, 'POST', '/cars', '/cars', { 'content-type': 'text/plain' }, 'x'],
  [415, 'POST', '/cars', '/cars', { 'content-type': 'application/json; charset=utf-16' }, GOLF],
  [415, 'POST', '/cars', '/cars', { 'content-encoding': 'gzip' }, GOLF],
  [200, 'POST', '/cars/batch', '/cars/batch', {}, [GOLF, {}]],
  [200, 'POST', '/cars/batch', '/cars/batch', NDJSON, 'x'],
  [200, 'POST', '/cars/batch', '/cars/batch', KEY, [GOLF]],
  [200, 'POST', '/cars/batch', '/cars/batch', KEY, [GOLF]],
  [422, 'POST', '/cars/batch', '/cars/batch', KEY, []],
  [200, 'POST', '/cars/batch?dryRun=true&extra=ignore', '/cars/batch', CSV, 'brand,model,year,x\na,b,2000,y'],
  [422, 'POST', '/cars/batch?atomic=true', '/cars/batch', {}, [GOLF, {}]],
  [422, 'POST', '/cars/batch', '/cars/batch', CSV, 'brand,model\n'],
  [400, 'POST', '/cars/batch', '/cars/batch', CSV, 'brand,model,year\n"'],
  [400, 'POST', '/cars/batch?atomic=yes', '/cars/batch', CSV, 'brand,model,year\n'],
  [413, 'POST', '/cars/batch', '/cars/batch', NDJSON, 'x\n'.repeat(1001)],
  [413, 'POST', '/cars/batch', '/cars/batch', NDJSON, ' '.repeat(1024 * 1024 + 1)],
  [415, 'POST', '/cars/batch', '/cars/batch', { 'content-type': 'text/plain' }, 'x'],
  [200, 'GET', '/cars.csv?brand=volkswagen&safe=spreadsheet', '/cars.csv'],
  [200, 'GET', '/cars.ndjson?afterId=1', '/cars.ndjson'],
  [400, 'GET', '/cars.csv?limit=1', '/cars.csv'],
  [400, 'GET', '/cars.ndjson?afterId=-1', '/cars.ndjson'],
  [406, 'GET', '/cars.csv', '/cars.csv', { accept: 'application/json' }],
  [200, 'GET', '/cars/1', '/cars/{id}'],
  [304, 'GET', '/cars/1', '/cars/{id}', { 'if-none-match': '*' }],
  [412, 'GET', '/cars/1', '/cars/{id}', { 'if-match': '"9"' }],
  [404, 'GET', '/cars/999', '/cars/{id}'],
  [400, 'GET', '/cars/x', '/cars/{id}'],
  [200, 'PUT', '/cars/1', '/cars/{id}', {}, GOLF],
  [200, 'PUT', '/cars/1', '/cars/{id}', {}, { ...GOLF, id: 1, year: 2020 }],
  [422, 'PUT', '/cars/1', '/cars/{id}', {}, { ...GOLF, id: 2 }],
  [412, 'PUT', '/cars/1', '/cars/{id}', { 'if-match': '"1"' }, GOLF],
  [404, 'PUT', '/cars/999', '/cars/{id}', {}, GOLF],
  [422, 'PUT', '/cars/1', '/cars/{id}', {}, {}],
  [415, 'PUT', '/cars/1', '/cars/{id}', { 'content-type': 'application/merge-patch+json' }, GOLF],
  [200, 'PATCH', '/cars/1', '/cars/{id}', {}, { year: 2019 }],
  [200, 'PATCH', '/cars/1', '/cars/{id}', { 'content-type': 'application/merge-patch+json' }, {}],
  [422, 'PATCH', '/cars/1', '/cars/{id}', {}, { year: null }],
  [415, 'PATCH', '/cars/1', '/cars/{id}', { 'content-type': 'text/plain' }, 'x'],
  [412, 'PATCH', '/cars/1', '/cars/{id}', { 'if-match': '"1"' }, {}],
  [412, 'DELETE', '/cars/1', '/cars/{id}', { 'if-match': '"1"' }],
  [404, 'DELETE', '/cars/999', '/cars/{id}', { 'content-type': 'text/plain' }, 'x'],
  [413, 'DELETE', '/cars/1', '/cars/{id}', {}, ' '.repeat(70_000)],
  [204, 'DELETE', '/cars/1', '/cars/{id}'],
  [200, 'GET', '/cars/1/history?limit=3', '/cars/{id}/history'],
  [400, 'GET', '/cars/1/history?cursor=x', '/cars/{id}/history'],
  [404, 'GET', '/cars/999/history', '/cars/{id}/history'],
  [404, 'DELETE', '/cars/1', '/cars/{id}'],
];

const WALK = STEPS.map(([status, method, path, template, headers, body]) => {
  return { status, method, path, template, headers, body, shown: path.slice(0, 40) };
});

describe('each response of a sequence of requests', () => {
  // In their order: the calls build on each other.
  // Proves: unexpected-input
  it.each(WALK)('matches the documented $status of $method $shown', async (step) => {
    const answer = await app().call(step.method, step.path, step.headers, step.body);
    expect(answer.status).toBe(step.status);
    expectDocumented(step.method, step.template, answer);
  });

  it('has documented limits exactly if the operation needs a scope', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { responses } of Object.values(methods)) {
        for (const [status, { headers = {} }] of Object.entries(responses)) {
          const tells = '429' in responses && (Number(status) < 400 || status === '429');
          const names = Object.keys(headers).filter((name) => LIMIT.includes(name));
          expect([path, status, names.sort()]).toEqual([path, status, tells ? LIMIT : []]);
        }
      }
    }
  });

  it('would fail with an unknown member', () => {
    const schema = ajv.compile({ $ref: referenceTo('components', 'schemas', 'Car') });
    expect([schema({ ...GOLF, id: 1 }), schema({ ...GOLF, id: 1, color: 'red' })]).toEqual([true, false]);
  });
});

describe('a body that the document allows', () => {
  const accepts = (body: object) =>
    ajv.compile({ $ref: referenceTo('components', 'schemas', 'CarInput') })(body);

  it.each([
    GOLF,
    { ...GOLF, brand: ' Audi ' },
    { ...GOLF, brand: '🚗'.repeat(100) },
    { ...GOLF, year: 1886 },
    { ...GOLF, brand: '' },
    { ...GOLF, brand: ' \u3000' },
    { ...GOLF, brand: 'x'.repeat(101) },
    { ...GOLF, brand: 'a\u0000b' },
    { ...GOLF, brand: 'a\nb' },
    { ...GOLF, year: 1885 },
    { ...GOLF, year: 2018.5 },
    { ...GOLF, year: '2018' },
    { ...GOLF, id: 1 },
    { brand: 'Audi' },
  ])('is one that the service accepts: %j', async (body) => {
    const { status } = await app().post('/cars', body);
    expect(status).toBe(accepts(body) ? 201 : 422);
  });

  // The one exception: no pattern that every regex engine understands can exclude it.
  it.each(['\ud800', 'a\udfffb', '\udc00\ud800', `${'🚗'.repeat(99)}\ud83d`])(
    'may have an unpaired surrogate, which the service rejects with 422: %j',
    async (brand) => {
      const answer = await app().post('/cars', { ...GOLF, brand });
      expect(accepts({ ...GOLF, brand })).toBe(true);
      await expectProblem(answer, 'invalid-car', [{ pointer: '/brand' }]);
    },
  );
});

describe('the pattern of a text', () => {
  const pattern = () => {
    const { schemas } = (document as unknown as { components: { schemas: Record<string, SchemaOfCar> } })
      .components;
    return String(schemas['CarInput']?.properties.brand.pattern);
  };

  it('names no surrogate and no raw control character, which other regex engines cannot read', () => {
    expect(pattern()).not.toMatch(/\\u[dD][89a-fA-F]/);
    expect(pattern()).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each(['u', 'v', ''])(
    'rejects each control character at every position, with the flags "%s"',
    (flags) => {
      const text = new RegExp(pattern(), flags);
      const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
      for (const control of controls.map((code) => String.fromCharCode(code))) {
        for (const place of [0, 1, 2, 3, 4]) {
          expect(text.test(`${'Golf'.slice(0, place)}${control}${'Golf'.slice(place)}`)).toBe(false);
          expect(text.test(`${' '.repeat(place)}${control}`)).toBe(false);
        }
      }
      for (const allowed of ['Golf', ' Golf ', '\u3000x', 'a\u2028b', '🚗', '\u00a0\u00adx', '\ufeff.'])
        expect(text.test(allowed)).toBe(true);
      for (const blank of ['', ' ', '\u00a0\u3000\u2028', '\ufeff']) expect(text.test(blank)).toBe(false);
    },
  );

  it.each([
    ['blanks', ' ', ''],
    ['blanks before a control character', ' ', '\u0000'],
    ['letters before a control character', 'x', '\u0000'],
    ['blanks and letters before a control character', ' x', '\u0000'],
    ['surrogates before a control character', '\ud800', '\u0000'],
  ])('takes linear time on many %s', (_, part, end) => {
    const text = new RegExp(pattern(), 'u');
    expectLinearTime(20_000, (length) => {
      const long = part.repeat(length) + end;
      return () => expect(text.test(long)).toBe(false);
    });
  });
});
