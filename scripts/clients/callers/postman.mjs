/** Sends every request of a collection that Postman's converter generated, with newman. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import newman from 'newman';

const { BASE_URL, API_KEY } = process.env;
const collection = JSON.parse(readFileSync('collection.json', 'utf8'));
const leaves = (items) => items.flatMap((item) => (item.item ? leaves(item.item) : [item]));
const requests = leaves(collection.item);

const brand = `postman-${Date.now()}`;
const golf = { brand, model: 'Golf', year: 2018 };
let name = 0;

/** Finds a request of the collection, and fills in what a person would type: path, query, headers and body. */
function fillIn(method, path, { status, id, query = {}, headers = {}, body, after }) {
  const found = requests.find(
    ({ request }) => request.method === method && `/${request.url.path.join('/')}` === path,
  );
  assert.ok(found, `the collection has no ${method} ${path}`);
  const { request } = structuredClone(found);
  for (const variable of request.url.variable ?? []) variable.value = id;
  for (const parameter of request.url.query ?? []) {
    parameter.disabled = !(parameter.key in query);
    parameter.value = query[parameter.key];
  }
  for (const field of request.header) {
    if (!['Accept', 'Content-Type'].includes(field.key)) field.disabled = true;
    if (!(field.key.toLowerCase() in headers)) continue;
    field.disabled = false;
    field.value = headers[field.key.toLowerCase()];
  }
  if (body) request.body.raw = JSON.stringify(body).replaceAll('"{{id}}"', id);
  const script = [
    `pm.test('answers ${status}', () => pm.response.to.have.status(${status}));`,
    ...(status >= 400
      ? [`pm.test('is a problem', () => pm.expect(pm.response.json().status).to.equal(${status}));`]
      : []),
    ...(after ? [after] : []),
  ];
  name += 1;
  return { name: `${name} ${found.name}`, request, event: [{ listen: 'test', script: { exec: script } }] };
}

const keep = "pm.collectionVariables.set('id', pm.response.json().id);";
const keepTag = "pm.collectionVariables.set('tag', pm.response.headers.get('ETag'));";
const keepCursor =
  "pm.collectionVariables.set('cursor', decodeURIComponent(/cursor=([^&>]+)/.exec(pm.response.headers.get('Link'))[1]));";
const id = '{{id}}';
const key = { 'idempotency-key': brand };
const guard = { 'if-match': '{{tag}}' };
const newer = { ...golf, year: 2019 };

collection.item = [
  fillIn('GET', '/healthz', { status: 200 }),
  fillIn('GET', '/readyz', { status: 200 }),
  fillIn('GET', '/create-table', { status: 200 }),
  // As generated: with the body of the document's example.
  fillIn('POST', '/cars', { status: 201 }),
  fillIn('POST', '/cars', { status: 201, headers: key, body: golf, after: keep }),
  fillIn('POST', '/cars', { status: 201, headers: key, body: golf }),
  fillIn('POST', '/cars', { status: 422, headers: key, body: newer }),
  fillIn('POST', '/cars', { status: 415, headers: { 'content-type': 'text/plain' }, body: golf }),
  fillIn('POST', '/cars', { status: 201, body: { ...golf, model: 'Polo' } }),
  fillIn('GET', '/cars/:id', { status: 200, id, after: keepTag }),
  fillIn('GET', '/cars/:id', { status: 304, id, headers: { 'if-none-match': '{{tag}}' } }),
  fillIn('GET', '/cars/:id', { status: 404, id: String(Number.MAX_SAFE_INTEGER) }),
  fillIn('GET', '/cars', { status: 200, query: { brand, limit: '1', count: 'exact' }, after: keepCursor }),
  fillIn('GET', '/cars', { status: 200, query: { brand, limit: '1', cursor: '{{cursor}}' } }),
  fillIn('GET', '/cars/counts', { status: 200, query: { by: 'year', brand } }),
  fillIn('GET', '/', { status: 200 }),
  fillIn('GET', '/me', { status: 200 }),
  fillIn('PUT', '/cars/:id', { status: 200, id, headers: guard, body: { ...newer, id: '{{id}}' } }),
  fillIn('PUT', '/cars/:id', { status: 412, id, headers: guard, body: golf }),
  fillIn('PATCH', '/cars/:id', {
    status: 200,
    id,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { year: 2020 },
  }),
  fillIn('GET', '/cars/:id/history', { status: 200, id }),
  fillIn('POST', '/cars/batch', { status: 200, headers: key, body: [golf, newer] }),
  fillIn('GET', '/cars.csv', { status: 200, query: { brand } }),
  fillIn('GET', '/cars.ndjson', { status: 200, query: { brand, afterId: '0' } }),
  fillIn('DELETE', '/cars/:id', { status: 204, id }),
];
const variables = { baseUrl: BASE_URL, apiKey: API_KEY };
collection.variable = Object.entries(variables).map(([key, value]) => ({ key, value }));

newman.run({ collection, reporters: ['cli'], color: 'off' }, (error, summary) => {
  if (error) throw error;
  if (summary.run.failures.length > 0) process.exitCode = 1;
});
