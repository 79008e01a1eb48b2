/**
 * The work for a request grows at most linearly with what its client chooses: each part of a request
 * is sent in one size and in eight times that size, and the CPU time of the service is compared.
 */
// Proves: linear-work

import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { expect, it } from 'vitest';
import { type Service, startService } from '../process/start-service.ts';
import { record } from './figures.ts';

/** How many times the CPU time may grow if the size grows eight times. Quadratic work would grow 64 times. */
const MAX_GROWTH = 24;

/**
 * Differences below this share of the CPU time for a request without the part cannot be measured. A share, because a slow
 * machine multiplies all times.
 */
const RESOLUTION = 0.5;

const REQUESTS = 16;
const ROUNDS = 3;

interface Sent {
  readonly method?: string;
  readonly path?: string;
  /** Names and values in turn, so that a name can be repeated. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Makes a request whose part in question has about `size` bytes. */
type Make = (size: number) => Sent;

interface Part {
  readonly part: string;
  /** The small size, in bytes. Eight times as much must be below the limit of this part. */
  readonly size: number;
  readonly make: Make;
}

/** Repeats a text up to a size; the number of the copy can be part of it. */
function fill(size: number, text: string | ((index: number) => string), separator = ''): string {
  const one = typeof text === 'string' ? () => text : text;
  const parts: string[] = [];
  for (let [length, index] = [0, 0]; length < size; index += 1) {
    const part = one(index);
    parts.push(part);
    length += part.length + separator.length;
  }
  return parts.join(separator);
}

const MAX_FIELDS = 990;

const [URL_SIZE, HEADER_SIZE, BODY_SIZE] = [8000 / 8, 14_000 / 8, 60_000 / 8];

function query(part: string, text: string | ((index: number) => string), path = '/healthz'): Part {
  return {
    part: `query: ${part}`,
    size: URL_SIZE,
    make: (size) => ({ path: `${path}?${fill(size, text, '&')}` }),
  };
}

function header(name: string, part: string, value: (size: number) => string, more: Sent = {}): Part {
  const { headers = [], ...rest } = more;
  return {
    part: `${name}: ${part}`,
    size: HEADER_SIZE,
    make: (size) => ({ path: '/cars/1', ...rest, headers: [...headers, name, value(size)] }),
  };
}

/** Many fields of one name, fewer than the service accepts. */
function fields(name: string, value: string): Part {
  return {
    part: `${name}: many fields`,
    size: Math.min(HEADER_SIZE, (MAX_FIELDS / 8) * (name.length + value.length + 4)),
    make: (size) => ({
      path: '/cars/1',
      headers: Array.from({ length: size / (name.length + value.length + 4) }, () => [name, value]).flat(),
    }),
  };
}

function body(part: string, make: (size: number) => string, type = 'application/json'): Part {
  return {
    part: `body: ${part}`,
    size: BODY_SIZE,
    make: (size) => ({ method: 'POST', path: '/cars', headers: ['Content-Type', type], body: make(size) }),
  };
}

const short = (index: number) => index.toString(36);
const PATCH: Sent = { method: 'PATCH', headers: ['Content-Type', 'application/json'], body: '{"year":2000}' };

const PARTS: readonly Part[] = [
  query('different names', short),
  query('one name', 'a'),
  query('two of each name', (index) => short(Math.floor(index / 2))),
  query('names with escapes', (index) => `%61${short(index)}`),
  query('unknown names on a list', short, '/cars'),
  query('separators only', ''),
  query('a long brand', (index) => (index === 0 ? 'brand=x' : 'model=y').padEnd(999, 'a'), '/cars'),
  {
    part: 'query: a text to compose',
    size: URL_SIZE,
    make: (size) => ({ path: `/cars?brand=a${fill(size, '%CC%81%CC%A3')}` }),
  },
  {
    part: 'query: terms of sort',
    size: URL_SIZE,
    make: (size) => ({ path: `/cars?sort=${fill(size, 'id', ',')}` }),
  },
  {
    part: 'query: other terms of sort',
    size: URL_SIZE,
    make: (size) => ({ path: `/cars?sort=id,${fill(size, 'x', ',')}` }),
  },
  { part: 'query: plus signs', size: URL_SIZE, make: (size) => ({ path: `/cars?brand=${fill(size, '+')}` }) },
  { part: 'query: a cursor', size: URL_SIZE, make: (size) => ({ path: `/cars?cursor=${fill(size, 'A')}` }) },
  {
    part: 'query: a cursor of brackets',
    size: URL_SIZE,
    make: (size) => ({ path: `/cars?cursor=AAAA${fill(size, 'W1tb')}` }),
  },
  { part: 'path: one segment', size: URL_SIZE, make: (size) => ({ path: `/cars/${fill(size, '1')}` }) },
  { part: 'path: many segments', size: URL_SIZE, make: (size) => ({ path: `/cars${fill(size, '/a')}` }) },
  { part: 'path: escapes', size: URL_SIZE, make: (size) => ({ path: `/cars/${fill(size, '%41')}` }) },
  { part: 'path: slashes', size: URL_SIZE, make: (size) => ({ path: fill(size, '/') }) },
  {
    part: 'path: a code of a problem',
    size: URL_SIZE,
    make: (size) => ({ path: `/docs/problems/${fill(size, 'a-')}` }),
  },
  {
    part: 'target in absolute form',
    size: URL_SIZE,
    make: (size) => ({ path: `http://${fill(size, 'a.')}/healthz` }),
  },
  header('Accept', 'many types', (size) => fill(size, 'a/b', ',')),
  header(
    'Accept',
    'many parameters',
    (size) => `application/json${fill(size, (index) => `;${short(index)}=1`)}`,
  ),
  header('Accept', 'a quote that does not end', (size) => `a/b;c="${fill(size, ',')}`),
  header('Accept', 'parameters with a quote that does not end', (size) => `a/b;c="${fill(size, ';')}`),
  header('Accept', 'quotes', (size) => `a/b;c=${fill(size, '"",')}`),
  header('Accept', 'blanks', (size) => `a/b${fill(size, ' ')}x`),
  header('Accept-Encoding', 'many codings', (size) => fill(size, 'gzip;q=0.1', ','), { path: '/cars' }),
  header('Accept-Encoding', 'blanks', (size) => `gzip${fill(size, ' ')};${fill(size / 9, ' ')}q`, {
    path: '/cars',
  }),
  header('Accept-Encoding', 'separators', (size) => fill(size, ',;'), { path: '/docs/swagger-ui.css' }),
  header('If-None-Match', 'many tags', (size) => fill(size, (index) => `"${short(index)}"`, ',')),
  header(
    'If-None-Match',
    'many tags of a list',
    (size) => fill(size, (index) => `W/"${short(index)}"`, ','),
    { path: '/cars' },
  ),
  header('If-None-Match', 'empty members', (size) => `${fill(size, ', ')}x`),
  header('If-None-Match', 'blanks between members', (size) => `"a"${fill(size, '   ,')}x`),
  header('If-None-Match', 'blanks at the end', (size) => `"a"${fill(size, ' ')}x`),
  header('If-None-Match', 'a tag that does not end', (size) => fill(size, '"a')),
  header('If-Match', 'many tags', (size) => fill(size, (index) => `W/"${short(index)}"`, ' , '), PATCH),
  header('If-Match', 'blanks and separators', (size) => `"a"${fill(size, ' ,,')}"`, PATCH),
  header('X-Forwarded-For', 'many addresses', (size) => fill(size, '192.0.2.1', ',')),
  header('X-Forwarded-For', 'a long address', (size) => fill(size, '1.')),
  header('X-Forwarded-For', 'brackets', (size) => `[${fill(size, ']:1')}`),
  header('X-Forwarded-For', 'colons', (size) => fill(size, '::')),
  header('X-Forwarded-For', 'percent signs', (size) => `::1${fill(size, '%')}`),
  fields('X-Forwarded-For', '192.0.2.1'),
  header('Cookie', 'many cookies', (size) => fill(size, (index) => `${short(index)}=1`, '; ')),
  fields('Cookie', 'a=1'),
  header(
    'Traceparent',
    'a long field',
    (size) => `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01-${fill(size, '-')}`,
  ),
  header('Tracestate', 'many members', (size) => fill(size, (index) => `${short(index)}=1`, ','), {
    headers: ['Traceparent', `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`],
  }),
  fields('Tracestate', 'a=1'),
  header('X-Request-Id', 'a long id', (size) => fill(size, 'a')),
  header('Idempotency-Key', 'blanks', (size) => `a${fill(size, ' ')}\t`, {
    ...PATCH,
    method: 'POST',
    path: '/cars',
  }),
  header(
    'Content-Type',
    'many parameters',
    (size) => `application/json${fill(size, (index) => `; ${short(index)}=1`)}`,
    { method: 'POST', path: '/cars', body: '{}' },
  ),
  header('Content-Type', 'a quote that does not end', (size) => `application/json; a="${fill(size, '\\"')}`, {
    method: 'POST',
    path: '/cars',
    body: '{}',
  }),
  header('Content-Type', 'blanks', (size) => `application/json;${fill(size, ' ')}x`, {
    method: 'POST',
    path: '/cars',
    body: '{}',
  }),
  header('Content-Type', 'charsets', (size) => `application/json${fill(size, ';charset=utf-8')}`, {
    method: 'POST',
    path: '/cars',
    body: '{}',
  }),
  header('Content-Encoding', 'many codings', (size) => fill(size, 'identity', ','), PATCH),
  header('Origin', 'a long origin', (size) => `https://${fill(size, 'a.')}`),
  header('Access-Control-Request-Headers', 'many names', (size) => fill(size, short, ','), {
    method: 'OPTIONS',
    path: '/cars',
    headers: ['Origin', 'https://app.example', 'Access-Control-Request-Method', 'GET'],
  }),
  header('Host', 'a long name', (size) => fill(size, 'a.')),
  {
    part: 'header fields with different names',
    size: (MAX_FIELDS / 8) * 'x-10 1 '.length,
    make: (size) => ({ headers: fill(size, (index) => `x-${short(index)} 1`, ' ').split(' ') }),
  },
  fields('X', '1'),
  body('different members', (size) => `{${fill(size, (index) => `"${short(index)}":1`, ',')}}`),
  body('one member', (size) => `{${fill(size, '"a":1', ',')}}`),
  body('members that are numbers', (size) => `{${fill(size, (index) => `"${index * 1000}":1`, ',')}}`),
  body('nested arrays', (size) => `{"brand":${fill(size, '[')}`),
  body('nested objects', (size) => `{"brand":${fill(size, '{"a":')}`),
  body('an array', (size) => `[${fill(size, '1', ',')}]`),
  body('a long brand', (size) => `{"brand":"${fill(size, 'a')}","model":"Golf","year":2000}`),
  body('a brand of blanks', (size) => `{"brand":"${fill(size, ' ')}","model":"Golf","year":2000}`),
  body(
    'a brand of blanks before a control character',
    (size) => `{"brand":"${fill(size, ' ')}\\u0001","model":"Golf","year":2000}`,
  ),
  body(
    'a brand to compose',
    // Each of these characters has two bytes.
    (size) => `{"brand":"a${fill(size / 2, '\u0301\u0323')}","model":"Golf","year":2000}`,
  ),
  body('a long number', (size) => `{"brand":"a","model":"Golf","year":${fill(size, '1')}}`),
  body('escapes', (size) => `{"brand":"${fill(size, '\\u0041')}","model":"Golf","year":2000}`),
  body('white space', (size) => `${fill(size, ' ')}{}`),
];

const AUTHORIZATION: readonly Part[] = [
  header('Authorization', 'a long token', (size) => `Bearer ${fill(size, 'a')}`),
  header('Authorization', 'blanks', (size) => `Bearer ${fill(size, ' ')}a b`),
  header('Authorization', 'many parts', (size) => `Bearer ${fill(size, 'a.')}`),
  header('Authorization', 'a long header of a token', (size) => {
    const claims = { alg: 'none', kid: fill(size * 0.7, 'a') };
    return `Bearer ${Buffer.from(JSON.stringify(claims)).toString('base64url')}.e30.AAAA`;
  }),
  header('Authorization', 'parameters of another scheme', (size) => `Digest ${fill(size, 'a="b"', ',')}`),
  header('X-Api-Key', 'a long key', (size) => `cars_0123456789abcdef_${fill(size, 'a')}`),
];

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function send(
  url: string,
  { method = 'GET', path = '/healthz', headers = [], body: content }: Sent,
): Promise<number | undefined> {
  const { host, hostname, port } = new URL(url);
  const given = headers.some((name) => name.toLowerCase() === 'host');
  const all = [...(given ? [] : ['Host', host]), ...headers];
  if (content !== undefined) all.push('Content-Length', String(Buffer.byteLength(content)));
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers: all, agent }, (response) => {
      response
        .resume()
        .on('end', () => resolve(response.statusCode))
        .on('error', reject);
    });
    sent.on('error', reject).end(content);
  });
}

/** CPU time that a process has used so far, in all of its threads, in milliseconds. */
function cpuTimeOf(pid: number | undefined): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  );
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}

/** Statuses of requests that are too large to be read. */
const TOO_LARGE = [413, 414, 431];

/** Milliseconds of CPU time for one request of each size, the best of some rounds. Fails if one is too large to be read. */
async function measure({ url, child }: Service, sizes: readonly number[], make: Make): Promise<number[]> {
  const best = sizes.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, size] of sizes.entries()) {
      const sent = make(size);
      const status = await send(url, sent);
      if (TOO_LARGE.includes(status ?? 0)) throw new Error(`${status} for ${size} bytes`);
      const before = cpuTimeOf(child.pid);
      for (let times = 0; times < REQUESTS; times += 1) await send(url, sent);
      best[index] = Math.min(best[index] ?? 0, (cpuTimeOf(child.pid) - before) / REQUESTS);
    }
  }
  return best;
}

it.each([
  {
    credentials: 'without credentials',
    parts: PARTS,
    settings: { CORS_ORIGINS: 'https://app.example', TRUST_PROXY: '1', RATE_LIMIT_READS: '1000000' },
  },
  {
    credentials: 'with credentials',
    parts: AUTHORIZATION,
    settings: { AUTH: 'api-key,jwt', JWT_ISSUER: 'http://127.0.0.1:1', JWT_AUDIENCE: 'cars' },
  },
])(
  'uses CPU time in proportion to the size of every part of a request $credentials',
  async ({ credentials, parts, settings }) => {
    const service = await startService({ DATABASE_URL: 'sqlite::memory:', ...settings });
    service.child.stdout?.removeAllListeners('data').resume();
    for (let times = 0; times < 300; times += 1) await send(service.url, { path: '/cars' });
    const refused: string[] = [];
    const results: { part: string; growth: number; milliseconds: string }[] = [];
    for (const { part, size, make } of parts) {
      const sizes = [1, size, size * 8];
      const [none = 0, small = 0, large = 0] = await measure(service, sizes, make).catch((error: Error) => {
        refused.push(`${part}: ${error.message}`);
        return [];
      });
      const growth = (large - none) / Math.max(small - none, RESOLUTION * none);
      const milliseconds = [none, small, large].map((time) => time.toFixed(2)).join(', ');
      results.push({ part, growth, milliseconds });
    }
    const [worst] = results.toSorted((a, b) => b.growth - a.growth);
    record(`CPU time for each part of a request ${credentials}`, {
      'parts tried': parts.length,
      'strongest growth for eight times the size': `${worst?.growth.toFixed(1)} times (${worst?.part}: ${worst?.milliseconds} ms)`,
    });
    expect(refused).toEqual([]);
    expect(results.filter(({ growth }) => growth > MAX_GROWTH)).toEqual([]);
  },
);
