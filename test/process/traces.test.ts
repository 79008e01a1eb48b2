/** Traces at the collector: from the client's span to the SQL statement, without data of cars. */

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { aCar } from '../support/cars.ts';
import { fetchWithRetries } from '../support/fetch-with-retries.ts';
import { ENGINES, makeDatabase } from './databases.ts';
import { type ReceivedSpan, startReceiver } from './otlp-receiver.ts';
import { startSilentServer } from './silent-server.ts';
import { startService, startServiceThatAdmitsAll, until } from './start-service.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const SAMPLED = { traceparent: `00-${TRACE}-${CALLER}-01` };
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;

function find(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const span = spans.find((candidate) => candidate.name === name);
  if (span === undefined) throw new Error(`no span ${name} among ${spans.map((one) => one.name)}`);
  return span;
}

/** Returns the spans of requests, without those that a busy machine refused. */
function requestsAmong(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.filter(
    ({ kind, attributes }) => kind === SERVER && attributes['http.response.status_code'] !== 503,
  );
}

it.each(ENGINES)("continues the client's trace down to the statement, on %s", async (engine) => {
  const receiver = await startReceiver();
  const { url } = await makeDatabase(engine);
  const service = await startService({ DATABASE_URL: url, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(aCar({ brand: 'Secretive' }));
  await fetchWithRetries(`${service.url}/cars`, { method: 'POST', headers, body });
  const answer = await fetchWithRetries(`${service.url}/cars/1`, { headers: SAMPLED });
  expect(answer.status).toBe(200);
  // What was not sent yet is sent before it ends.
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });

  const spans = receiver.spans.filter(({ traceId }) => traceId === TRACE);
  const request = find(requestsAmong(spans), 'GET /cars/:id');
  expect(request).toMatchObject({ kind: SERVER, parentSpanId: CALLER });
  expect(request.attributes).toMatchObject({
    'http.request.method': 'GET',
    'http.route': '/cars/:id',
    'http.response.status_code': 200,
  });
  const round = find(spans, 'round get');
  expect(round).toMatchObject({ kind: INTERNAL, parentSpanId: request.spanId, links: [request.spanId] });
  expect(round.attributes).toMatchObject({ 'db.operation.batch.size': 1 });
  const statement = find(spans, 'SELECT cars');
  expect(statement).toMatchObject({ kind: CLIENT, parentSpanId: round.spanId });
  expect(statement.attributes).toMatchObject({
    'db.system.name': engine.toLowerCase(),
    'db.operation.name': 'SELECT',
    'db.collection.name': 'cars',
  });
  expect(receiver.resource).toMatchObject({ 'service.name': 'cars-api', 'service.version': '0.1.0' });

  const [posted, got] = service
    .log()
    .filter(({ message, status }) => message === 'request' && status !== 503);
  expect(got?.['traceId']).toBe(TRACE);
  expect(posted?.['traceId']).toBe(find(requestsAmong(receiver.spans), 'POST /cars').traceId);
  expect(JSON.stringify(receiver.spans)).not.toContain('Secretive');
});

it('links a round with each of its requests', async () => {
  const receiver = await startReceiver();
  const { url } = await makeDatabase('MySQL');
  const service = await startServiceThatAdmitsAll({
    DATABASE_URL: url,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  });
  await until('it is ready', async () => (await fetch(`${service.url}/readyz`)).ok);
  expect((await fetch(`${service.url}/cars/7`)).status).toBe(404);
  // In one packet, so that they arrive together however busy the machine is.
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  const head = 'GET /cars/7 HTTP/1.1\r\nHost: localhost\r\n';
  socket.write(`${`${head}\r\n`.repeat(48)}${head}Connection: close\r\n\r\n`);
  expect(await text(socket)).toContain('car-not-found');
  await service.stop();
  const requests = requestsAmong(receiver.spans).filter(({ name }) => name === 'GET /cars/:id');
  const rounds = receiver.spans.filter(({ name }) => name === 'round get');
  expect(requests).toHaveLength(50);
  expect(rounds.length).toBeLessThan(50);
  expect(rounds.flatMap(({ links }) => links).sort()).toEqual(requests.map(({ spanId }) => spanId).sort());
  // The other way for all but the one that is its parent.
  const linked = requests.filter(({ links }) => links.length === 1).length;
  expect(linked + rounds.length).toBe(50);
});

it('marks a failed request with the problem code', async () => {
  const receiver = await startReceiver();
  const service = await startService({
    DATABASE_URL: 'mysql://ann@127.0.0.1:1/cars',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  });
  await fetch(`${service.url}/cars`);
  await fetch(`${service.url}/nothing`);
  await service.stop();
  const failed = find(receiver.spans, 'GET /cars');
  expect(failed.status).toBe(2);
  expect(failed.attributes).toMatchObject({ 'http.response.status_code': 503, 'error.type': 'unavailable' });
  // In the semantic conventions, a 4xx is not an error of the server.
  expect(find(receiver.spans, 'GET').status).not.toBe(2);
});

it.each([
  [{}, { traceparent: `00-${TRACE}-${CALLER}-00` }, 0],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, SAMPLED, 1],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, {}, 0],
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, SAMPLED, 0],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, SAMPLED, 0],
])(
  'with the sampler %j and the request %j, records %i spans of requests',
  async (settings, headers, expected) => {
    const receiver = await startReceiver();
    const DATABASE_URL = 'sqlite::memory:';
    const service = await startService({
      DATABASE_URL,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      ...settings,
    });
    await fetchWithRetries(`${service.url}/cars`, { headers });
    await service.stop();
    expect(requestsAmong(receiver.spans)).toHaveLength(expected);
    if (expected === 0) expect(receiver.spans).toEqual([]);
  },
);

it.each(['refuses connections', 'hangs'])(
  'serves normally when the collector %s, and stops in time',
  async (how) => {
    const port = how === 'refuses connections' ? 1 : (await startSilentServer()).port;
    const service = await startService({
      DATABASE_URL: 'sqlite::memory:',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    for (let call = 0; call < 600; call += 20) {
      const answers = Array.from({ length: 20 }, () => fetch(`${service.url}/healthz`));
      for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    }
    const begun = performance.now();
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(service.log().filter((line) => line['message'] === 'request')).toHaveLength(600);
  },
);
