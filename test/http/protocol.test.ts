/** What is no HTTP, or HTTP that only a bare socket can say. */

import { afterEach, describe, expect, it } from 'vitest';
import { carsOf } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRaw, sendRawAnswered } from './raw-request.ts';
import { useApp } from './start-app.ts';

const app = useApp();

afterEach(async () => {
  expect((await app().get('/healthz')).status).toBe(200);
});

const HOST = 'Host: cars.example\r\n';

describe('a request that is not HTTP', () => {
  it.each([
    ['a method that the parser does not know', `FOO /cars HTTP/1.1\r\n${HOST}\r\n`],
    ['a method in small letters', `get /cars HTTP/1.1\r\n${HOST}\r\n`],
    ['a request for a tunnel', 'CONNECT cars.example:443 HTTP/1.1\r\nHost: cars.example:443\r\n\r\n'],
    ['no method', ` /cars HTTP/1.1\r\n${HOST}\r\n`],
    ['no version', '/cars\r\n\r\n'],
    ['a version that there is not', `GET /cars HTTP/1.2\r\n${HOST}\r\n`],
    ['the start of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a path without its slash', `GET cars HTTP/1.1\r\n${HOST}\r\n`],
    ['a URL with letters that are not encoded', `GET /cars?brand=\xc5\xa0koda HTTP/1.1\r\n${HOST}\r\n`],
    ['a URL with a space', `GET /cars?brand=Land Rover HTTP/1.1\r\n${HOST}\r\n`],
    ['a header field without a colon', `GET /cars HTTP/1.1\r\n${HOST}x\r\n\r\n`],
    ['a space before a colon', `GET /cars HTTP/1.1\r\n${HOST}X : y\r\n\r\n`],
    ['a folded header field', `GET /cars HTTP/1.1\r\n${HOST}X: y\r\n z: 1\r\n\r\n`.replace(' z', '\x01z')],
    ['a control character in a header field', `GET /cars HTTP/1.1\r\n${HOST}X: a\x01b\r\n\r\n`],
    ['a NUL in a header field', `GET /cars HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`],
    ['two lengths', rawHead('POST', '/cars', ['Content-Length: 2', 'Content-Length: 3'])],
    ['a length that is no number', rawHead('POST', '/cars', ['Content-Length: x'])],
    ['a negative length', rawHead('POST', '/cars', ['Content-Length: -1'])],
    ['a length beside chunks', rawHead('POST', '/cars', ['Content-Length: 2', 'Transfer-Encoding: chunked'])],
    ['an unknown Transfer-Encoding', `${rawHead('POST', '/cars', ['Transfer-Encoding: x'])}0\r\n\r\n`],
  ])('is answered with 400: %s', async (_, bytes) => {
    await expectProblem(await sendRawAnswered(app(), bytes), 'bad-request');
  });
});

it('a CONNECT behind a request closes the connection, so that no response is taken for that of the request', async () => {
  const body = '{"year":2001}';
  const fields = ['Content-Type: application/json', `Content-Length: ${body.length}`];
  const tunnel = 'CONNECT cars.example:443 HTTP/1.1\r\nHost: cars.example:443\r\n\r\n';
  const answer = await sendRaw(app(), `${rawHead('PATCH', '/cars/999', fields)}${body}${tunnel}`);
  expect([undefined, 404]).toContain(answer?.status);
});

describe('a target in absolute form', () => {
  it.each([
    'http://cars.example/cars?limit=5',
    'http://cars.example:8080/cars?limit=5',
    'HTTPS://other.example/cars?limit=5',
  ])('is routed by its path: %s', async (target) => {
    const answer = await sendRawAnswered(app(), rawHead('GET', target));
    expect([answer.status, answer.body]).toEqual([200, '[]']);
    expect(answer.headers.get('link')).toBe('</cars?limit=5>; rel="first"');
  });

  it('has the path / if it names none', async () => {
    const answer = await sendRawAnswered(app(), rawHead('GET', 'http://cars.example'));
    expect([answer.status, JSON.parse(answer.body).service]).toEqual([200, 'cars-api']);
    const withQuery = await sendRawAnswered(app(), rawHead('GET', 'http://cars.example?limit=5'));
    await expectProblem(withQuery, 'invalid-parameter', [{ parameter: 'limit' }]);
  });

  it('is answered with 404 if its path does not exist', async () => {
    await expectProblem(
      await sendRawAnswered(app(), rawHead('GET', 'http://cars.example//cars')),
      'not-found',
    );
  });
});

describe('a target that no request may have', () => {
  it.each([
    ...['/cars#limit=1', '/cars?limit=1#x', '/cars/1#', 'http://cars.example/cars#x'],
    ...[
      '*',
      '*?limit=1',
      'ftp://cars.example/cars',
      'http://',
      'http:///cars',
      'http://ann@cars.example/cars',
    ],
  ])('is answered with 400: %s', async (target) => {
    const answer = await sendRawAnswered(app(), rawHead('GET', target));
    await expectProblem(answer, 'bad-request');
  });
});

it('answers OPTIONS * with the methods of the whole service', async () => {
  const answer = await sendRawAnswered(app(), rawHead('OPTIONS', '*', ['Connection: close']));
  expect([answer.status, answer.headers.get('allow')]).toEqual([
    204,
    'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT',
  ]);
});

describe('a URL', () => {
  it('may be 8 KiB long', async () => {
    const target = '/cars?limit=5'.padEnd(8192, '&');
    expect((await sendRawAnswered(app(), rawHead('GET', target))).status).toBe(200);
  });

  it.each([8193, 10_000, 16_000, 16_384, 20_000, 60_000])(
    'is answered with 414 at %i bytes',
    async (size) => {
      for (const target of [`/cars?brand=${'x'.repeat(size - 12)}`, `/${'x'.repeat(size - 1)}`]) {
        await expectProblem(await sendRawAnswered(app(), rawHead('GET', target)), 'uri-too-long');
      }
    },
  );

  it('is answered with 414 for any method and any path', async () => {
    for (const method of ['POST', 'DELETE', 'OPTIONS']) {
      const answer = await sendRawAnswered(app(), rawHead(method, `/trucks?${'x'.repeat(9000)}`));
      await expectProblem(answer, 'uri-too-long');
    }
  });
});

describe('header fields', () => {
  it('may be almost 16 KiB long', async () => {
    const answer = await sendRawAnswered(app(), rawHead('GET', '/cars', [`X: ${'x'.repeat(16_000)}`]));
    expect(answer.status).toBe(200);
  });

  it.each([
    ['one is too large', [`X: ${'x'.repeat(17_000)}`]],
    ['one is far too large', [`Cookie: ${'x'.repeat(60_000)}`]],
    [
      'together they are too large',
      Array.from({ length: 300 }, (_, index) => `X-${index}: ${'x'.repeat(60)}`),
    ],
    ['there are 5,000 small ones', Array(5000).fill('X: y')],
  ])('are answered with 431 if %s', async (_, fields) => {
    const answer = await sendRawAnswered(app(), rawHead('GET', '/cars', fields));
    await expectProblem(answer, 'header-fields-too-large');
  });

  it('are answered with 431 even if they arrive in pieces', async () => {
    const parts = [`GET /cars HTTP/1.1\r\n${HOST}X: `, 'x'.repeat(9000), 'x'.repeat(9000)];
    await expectProblem(await sendRawAnswered(app(), parts), 'header-fields-too-large');
  });
});

describe('pipelined requests', () => {
  const car = '{"brand":"Hasty","model":"Golf","year":2018}';
  const create =
    rawHead('POST', '/cars', ['Content-Type: application/json', `Content-Length: ${car.length}`]) + car;

  it('are all answered in order', async () => {
    const last = rawHead('GET', '/cars?brand=Hasty', ['Connection: close']);
    const answer = await sendRawAnswered(app(), create + last);
    expect(answer.status).toBe(201);
    expect(carsOf(await app().get('/cars?brand=Hasty'))).toHaveLength(1);
  });

  it('keep their own responses: a created car never gets the 400 of a later request', async () => {
    const answer = await sendRaw(app(), `${create}FOO / HTTP/1.1\r\n\r\n`);
    expect(carsOf(await app().get('/cars?brand=Hasty'))).toHaveLength(2);
    // Either its own answer or none, which leaves the caller to look.
    expect([undefined, 201]).toContain(answer?.status);
  });
});

describe('a connection that asks for an upgrade', () => {
  it('stays HTTP', async () => {
    const fields = ['Connection: Upgrade', 'Upgrade: websocket'];
    expect((await sendRawAnswered(app(), rawHead('GET', '/healthz', fields))).status).toBe(200);
  });
});

describe('a client that asks for the end of the connection', () => {
  const body = '{';
  it.each([
    ['a response', rawHead('GET', '/healthz', ['Connection: close']), 200],
    ['a missing path', rawHead('GET', '/nope', ['Connection: close']), 404],
    [
      'a broken body',
      rawHead('POST', '/cars', ['Connection: close', 'Content-Type: application/json', 'Content-Length: 1']) +
        body,
      400,
    ],
  ])('gets `Connection: close` in %s', async (_, request, status) => {
    const answer = await sendRawAnswered(app(), request);
    expect([answer.status, answer.headers.get('connection')]).toEqual([status, 'close']);
  });
});
