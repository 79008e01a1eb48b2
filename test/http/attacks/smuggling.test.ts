/** Requests that say two things about where they end: each is refused, its connection closed, and nothing behind it is answered. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { carsOf } from '../answer.ts';
import { useApp } from '../start-app.ts';

const app = useApp();

/** Milliseconds within which a refused connection must be closed. */
const PATIENCE = 5000;

const BODY = '{"brand":"Smuggled","model":"X","year":2000}';
const HIDDEN = `POST /cars HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** A POST with these fields, behind whose body (as one reading has it) another request stands. */
const post = (fields: readonly string[], body: string) =>
  `POST /cars HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${fields.join('\r\n')}\r\n\r\n${body}`;

/** All that comes back until the service closes the connection, and whether it did. */
async function exchange(bytes: string): Promise<{ statuses: string[]; closed: boolean }> {
  const socket = connect({ port: app().port, host: '127.0.0.1' });
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  const ended = once(socket, 'close').then(() => true);
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  const closed = await Promise.race([ended, sleep(PATIENCE, false, { ref: false })]);
  socket.destroy();
  return {
    statuses: [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? ''),
    closed,
  };
}

afterEach(async () => {
  expect(carsOf(await app().get('/cars?brand=Smuggled'))).toEqual([]);
});

const CHUNKED = 'Transfer-Encoding: chunked';
const END = '0\r\n\r\n';
const length = (value: string | number) => `Content-Length: ${value}`;

const TWO_LENGTHS: readonly [string, string][] = [
  ['a length, then chunks', post([length(END.length), CHUNKED], END + HIDDEN)],
  ['chunks, then a length', post([CHUNKED, length(6)], END + HIDDEN)],
  ['chunks and a length of 0', post([length(0), CHUNKED], END + HIDDEN)],
  ['a length and chunks in capitals', post([length(4), 'TRANSFER-ENCODING: CHUNKED'], END + HIDDEN)],
  ['two lengths that differ', post([length(0), length(HIDDEN.length)], HIDDEN)],
  ['two lengths that are the same', post([length(2), length(2)], `{}${HIDDEN}`)],
  ['two lengths in one field', post([length('0, 44')], HIDDEN)],
  ['the same length twice in one field', post([length('2, 2')], `{}${HIDDEN}`)],
  ['two fields of chunks', post([CHUNKED, CHUNKED], END + HIDDEN)],
  ['chunks and identity', post([CHUNKED, 'Transfer-Encoding: identity'], END + HIDDEN)],
  ['identity and chunks', post(['Transfer-Encoding: identity', CHUNKED], END + HIDDEN)],
  [
    'chunks in a list that does not end with them',
    post(['Transfer-Encoding: chunked, identity'], END + HIDDEN),
  ],
  ['chunks behind another coding', post(['Transfer-Encoding: gzip, chunked'], END + HIDDEN)],
];

const OBSCURED: readonly [string, string][] = [
  ...[
    'xchunked',
    'chunked;q=1',
    '"chunked"',
    "'chunked'",
    'chunk',
    'chunked\x0b',
    '\x0bchunked',
    'chunked\0',
    'x',
    '',
  ].map((value): [string, string] => [
    `the Transfer-Encoding ${JSON.stringify(value)} beside a length`,
    post([length(0), `Transfer-Encoding: ${value}`], END + HIDDEN),
  ]),
  [
    'a Transfer-Encoding with a space before its colon',
    post([length(0), 'Transfer-Encoding : chunked'], END + HIDDEN),
  ],
  [
    'a Transfer-Encoding with a tab before its colon',
    post([length(0), 'Transfer-Encoding\t: chunked'], END + HIDDEN),
  ],
  ['a Transfer-Encoding that is folded', post([length(0), 'Transfer-Encoding:\r\n chunked'], END + HIDDEN)],
  [
    'a Transfer-Encoding folded into another field',
    post([length(0), 'X: y\r\n Transfer-Encoding: chunked', CHUNKED], END + HIDDEN),
  ],
  [
    'a Transfer-Encoding after a bare CR',
    post([length(0), 'X: y\rTransfer-Encoding: chunked'], END + HIDDEN),
  ],
  ['a Transfer-Encoding behind a bare LF', post([length(0), `X: y\n${CHUNKED}`], END + HIDDEN)],
  ['a Transfer-Encoding behind a NUL', post([length(0), 'X: y\0Transfer-Encoding: chunked'], END + HIDDEN)],
  [
    'a first field that begins with a blank',
    `POST /cars HTTP/1.1\r\n Host: a\r\n${CHUNKED}\r\n\r\n${END}${HIDDEN}`,
  ],
];

const LENGTHS = [
  '+0',
  '-0',
  '-1',
  '0x0',
  '0 0',
  '0_0',
  '1e0',
  '0.0',
  ' ',
  '',
  '0;',
  '0\x0b',
  '٠',
  '18446744073709551616',
  '99999999999999999999',
];

const CHUNKS: readonly [string, string][] = [
  ['a size with a sign', `+0\r\n\r\n${HIDDEN}`],
  ['a negative size', `-1\r\n\r\n${HIDDEN}`],
  ['a size with 0x', `0x2\r\n{}\r\n${END}${HIDDEN}`],
  ['a size with a blank before it', ` 2\r\n{}\r\n${END}${HIDDEN}`],
  ['a size with an underscore', `0_2\r\n{}\r\n${END}${HIDDEN}`],
  ['a size beyond 64 bits', `10000000000000002\r\n{}\r\n${END}${HIDDEN}`],
  ['a size that ends in a bare LF', `2\n{}\r\n${END}${HIDDEN}`],
  ['a size that ends in a bare CR', `2\r{}\r\n${END}${HIDDEN}`],
  ['no size', `\r\n{}\r\n${END}${HIDDEN}`],
  ['a chunk that is longer than its size', `2\r\n{}x\r\n${END}${HIDDEN}`],
  ['a chunk that ends in a bare LF', `2\r\n{}\n0\r\n\r\n${HIDDEN}`],
  ['an extension with a bare LF', `2;a\nb\r\n{}\r\n${END}${HIDDEN}`],
];

const LINES: readonly [string, string][] = [
  ['lines that end in LF', `POST /cars HTTP/1.1\nHost: a\nContent-Length: 0\n\n${HIDDEN}`],
  ['a header section that ends in LF', `POST /cars HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\n${HIDDEN}`],
  ['a request line with a bare CR', `GET /cars\rX HTTP/1.1\r\nHost: a\r\n\r\n${HIDDEN}`],
];

describe.each([
  ['two lengths', TWO_LENGTHS],
  ['an obscured coding', OBSCURED],
  [
    'a length that is not a number',
    LENGTHS.map((value): [string, string] => [
      JSON.stringify(value),
      post([length(Buffer.from(value).toString('latin1'))], HIDDEN),
    ]),
  ],
  ['broken chunks', CHUNKS.map(([name, chunks]): [string, string] => [name, post([CHUNKED], chunks)])],
  ['broken lines', LINES],
])('a request with %s', (_, cases) => {
  // Proves: smuggling
  it.each(cases)('is rejected and closes its connection: %s', async (__, bytes) => {
    const { statuses, closed } = await exchange(bytes);
    expect(statuses).toEqual(['400']);
    expect(closed).toBe(true);
  });
});

it('is rejected in the same way if its path cannot be decoded', async () => {
  for (const target of ['/%', '/nope', '/cars/x']) {
    const head = `POST ${target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n`;
    const { statuses, closed } = await exchange(head + END + HIDDEN);
    expect({ statuses, closed }).toEqual({ statuses: ['400'], closed: true });
  }
});

it('the same request after an unambiguous one is answered, so smuggling would be visible', async () => {
  const { statuses } = await exchange(
    post([length(2), 'X: y'], `{}GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
  );
  expect(statuses).toEqual(['422', '200']);
});
