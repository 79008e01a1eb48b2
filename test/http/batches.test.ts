/** `POST /cars/batch`: what it accepts, what it rejects, and what it answers. */

import { describe, expect, it } from 'vitest';
import { readRows } from '../../src/http/contract/batch-rows.ts';
import { type Answer, parseBody } from './answer.ts';
import { expectProblem } from './expect-problem.ts';
import { rawHead, sendRawAnswered } from './raw-request.ts';
import { ENGINES, useApp } from './start-app.ts';

const GOLF = { brand: 'Volkswagen', model: 'Golf', year: 2018 };
const CSV = { 'content-type': 'text/csv' };
const NDJSON = { 'content-type': 'application/x-ndjson' };

const JSON_TYPE = { 'content-type': 'application/json' };

/** A JSON object with so many members that a car does not have. */
const manyMembers = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, 0])));

interface Batch {
  readonly created: number;
  readonly ids: readonly [number, number][];
  readonly rejected: readonly {
    readonly line: number;
    readonly problem: { readonly type: string; readonly errors?: readonly { pointer: string }[] };
  }[];
}

const batchOf = (answer: Answer) => parseBody(answer) as Batch;

/** Each rejected row: its line, and the members with a fault, or the type of its problem. */
const rejectedIn = (answer: Answer) =>
  batchOf(answer).rejected.map(({ line, problem }) => [
    line,
    problem.errors?.map(({ pointer }) => pointer) ?? problem.type,
  ]);

describe.each(ENGINES)('a batch on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);
  const count = async () =>
    Number((await app().get('/cars?limit=1&count=exact')).headers.get('x-total-count'));
  const after = async (id: number) => {
    const { body } = await app().get(`/cars.ndjson?afterId=${id - 1}`);
    return body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('creates the cars of a JSON array, and answers with their ids and the rows that are no cars', async () => {
    const answer = await app().post('/cars/batch', [
      GOLF,
      { ...GOLF, year: 1 },
      'x',
      { ...GOLF, model: ' A ' },
    ]);
    expect(answer.status).toBe(200);
    expect(rejectedIn(answer)).toEqual([
      [1, ['/year']],
      [2, ['']],
    ]);
    const { created, ids } = batchOf(answer);
    const [[first, last]] = ids as [[number, number]];
    expect([created, last - first]).toEqual([2, 1]);
    expect(await after(first)).toEqual([
      { ...GOLF, id: first },
      { ...GOLF, model: 'A', id: last },
    ]);
    const [entry] = parseBody(await app().get(`/cars/${last}/history`)) as { requestId: string }[];
    expect(entry).toMatchObject({ change: 'created', requestId: answer.headers.get('x-request-id') });
  });

  it('replays the stored answer, and rejects the key with another body, type or option', async () => {
    const key = { 'idempotency-key': 'batch-1' };
    const body = `${JSON.stringify(GOLF)}\n{}`;
    const first = await app().post('/cars/batch', body, { ...NDJSON, ...key });
    const before = await count();
    const second = await app().post('/cars/batch', body, { ...NDJSON, ...key });
    expect(second.body).toBe(first.body);
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    for (const other of [
      await app().post('/cars/batch', `${body}\n`, { ...NDJSON, ...key }),
      await app().post('/cars/batch?extra=ignore', body, { ...NDJSON, ...key }),
      await app().post('/cars/batch', [GOLF], key),
    ])
      await expectProblem(other, 'idempotency-key-reused');
    expect(await count()).toBe(before);
  });

  it('creates nothing with atomic=true if a row is rejected, and then accepts the corrected batch', async () => {
    const before = await count();
    const key = { 'idempotency-key': 'batch-2' };
    const answer = await app().post('/cars/batch?atomic=true', [GOLF, {}], key);
    expect([answer.status, await count()]).toEqual([422, before]);
    expect(parseBody(answer)).toMatchObject({ type: '/docs/problems/rows-rejected' });
    expect(rejectedIn(answer)).toEqual([[1, ['/brand', '/model', '/year']]]);
    expect((await app().post('/cars/batch?atomic=true', [GOLF], key)).status).toBe(200);
    expect(await count()).toBe(before + 1);
  });

  it('creates nothing with dryRun=true', async () => {
    const before = await count();
    const key = { 'idempotency-key': 'batch-3' };
    const answer = await app().post('/cars/batch?dryRun=true', [GOLF, {}], key);
    expect(batchOf(answer)).toMatchObject({ created: 0, ids: [], rejected: [{ line: 1 }] });
    expect(await count()).toBe(before);
    // The key is still free.
    expect(batchOf(await app().post('/cars/batch', [GOLF], key))).toMatchObject({ created: 1 });
  });
});

describe('the rows of a batch', () => {
  const app = useApp();
  const send = (body: string | Uint8Array, headers: Record<string, string> = CSV, query = '') =>
    app().post(`/cars/batch${query}`, body, headers);
  const read = async (answer: Answer) => {
    const [first] = batchOf(answer).ids;
    if (first === undefined) return [];
    const { body } = await app().get(`/cars.ndjson?afterId=${first[0] - 1}`);
    return body
      .trim()
      .split('\n')
      .map((line) => {
        const { id: _, ...fields } = JSON.parse(line);
        return Object.values(fields);
      });
  };

  it.each([
    ['with commas', 'brand,model,year\nAudi,A4,2020\n'],
    ['without a line break at its end', 'brand,model,year\nAudi,A4,2020'],
    ['with another order and letter case of columns', 'YEAR,Brand, model \n2020,Audi,A4\n'],
    ['as Excel writes it', '\ufeffbrand;model;year\r\nAudi;A4;2020\r\n'],
    ['with tabs', 'brand\tmodel\tyear\nAudi\tA4\t2020\n'],
    ['with CR', 'brand,model,year\rAudi,A4,2020\r'],
    ['with everything quoted', '"brand","model","year"\n"Audi","A4","2020"\n'],
    ['as pandas writes numbers beside missing ones', 'brand,model,year\nAudi,A4,2020.0\n'],
    ['with ids', 'id,brand,model,year\n7,Audi,A4,2020\n'],
    ['with blanks', 'brand,model,year\n Audi , A4 , 2020 \n\n , ,\n'],
  ])('may be CSV %s', async (_, body) => {
    const answer = await send(body);
    expect(batchOf(answer)).toMatchObject({ created: 1, rejected: [] });
    expect(await read(answer)).toEqual([['Audi', 'A4', 2020]]);
  });

  it('may have the index column of pandas, with extra=ignore', async () => {
    const body = ',brand,model,year\n0,Audi,A4,2020\n';
    await expectProblem(await send(body), 'invalid-batch');
    expect(await read(await send(body, CSV, '?extra=ignore'))).toEqual([['Audi', 'A4', 2020]]);
  });

  it('may contain delimiters, quotes and umlauts', async () => {
    const answer = await send('brand,model,year\n"A,""B""",Ä🚗;,2020\n');
    expect(await read(answer)).toEqual([['A,"B"', 'Ä🚗;', 2020]]);
  });

  it('are counted by physical lines, also after quoted line breaks and blank lines', async () => {
    const answer = await send(
      '"brand",model,"\nyear\r\n"\r\n\r\n"a\nb",c,2000\n\nd,e,1\n"f\r\ng\rh",i,2\nj,k,x',
    );
    expect(rejectedIn(answer)).toEqual([
      [5, ['/brand']],
      [8, ['/year']],
      [9, ['/brand', '/year']],
      [12, ['/year']],
    ]);
  });

  it('are rejected one by one if they have another number of values than the header', async () => {
    const answer = await send('brand,model,year\na,b\na,b,2000,c\na,b,2000\n');
    expect(rejectedIn(answer)).toEqual([
      [2, ['']],
      [3, ['']],
    ]);
    expect(batchOf(answer).created).toBe(1);
  });

  it('are rejected for each fault of a value', async () => {
    const years = ['', 'x', '1885', '2101', '2020.5', '02020', '0x7e4', '1e3', '-2020', 'NaN'];
    const answer = await send(`brand,model,year\n${years.map((year) => `a,b,${year}`).join('\n')}`);
    expect(rejectedIn(answer)).toEqual(years.map((_, index) => [index + 2, ['/year']]));
  });

  it('may be newline-delimited JSON, with an id, CRLF and blank lines', async () => {
    const lines = [GOLF, { ...GOLF, id: 5 }].map((car) => JSON.stringify(car)).join('\r\n\r\n');
    const answer = await send(`\ufeff${lines}\n \n{"brand"\n[]\nnull`, NDJSON);
    expect(batchOf(answer).created).toBe(2);
    expect(rejectedIn(answer)).toEqual([
      [5, '/docs/problems/bad-request'],
      [6, ['']],
      [7, ['']],
    ]);
  });

  it.each(['__proto__', 'constructor', 'toString', 'color'])(
    'have no member %s, unless extra=ignore drops it',
    async (name) => {
      const row = `{"brand":"a","model":"b","year":2000,"${name}":{"x":1}}`;
      expect(rejectedIn(await send(row, NDJSON))).toEqual([[1, [`/${name}`]]]);
      expect(batchOf(await send(row, NDJSON, '?extra=ignore'))).toMatchObject({ created: 1, rejected: [] });
    },
  );

  it.each([
    ['an empty array', '[]', { 'content-type': 'application/json' }],
    ['a CSV header', 'brand,model,year\n', CSV],
    ['no lines', '\n\n', NDJSON],
  ])('may be missing: %s', async (_, body, headers) => {
    expect(batchOf(await send(body, headers))).toEqual({ created: 0, ids: [], rejected: [] });
  });

  it.each([
    ['nothing', ''],
    ['only blank lines', '\n,,\n'],
    ['no column year', 'brand,model\na,b\n'],
    ['only cars', 'Audi,A4,2020\n'],
    ['a column twice', 'brand,model,year,Brand\na,b,2000,c\n'],
    ['another column', 'brand,model,year,color\na,b,2000,red\n'],
  ])('cannot be read from a CSV whose header has %s', async (_, body) => {
    await expectProblem(await send(body), 'invalid-batch');
  });

  it.each([
    ['a quote that is never closed', 'brand,model,year\na,"b,2000\n'],
    ['text after a quote', 'brand,model,year\n"a"b,c,2000\n'],
    ['a quote within a value', 'brand,model,year\na"b,c,2000\n'],
  ])('cannot be read from a CSV with %s', async (_, body) => {
    const answer = await send(body);
    await expectProblem(answer, 'bad-request');
    expect(answer.body).toContain('line 2');
  });

  it.each(['{}', '"x"', 'null', '7'])('cannot be read from the JSON %s', async (body) => {
    await expectProblem(await send(body, { 'content-type': 'application/json' }), 'invalid-batch');
  });

  it.each([
    ['Latin-1', Buffer.from('brand,model,year\nCitro\u00ebn,C4,2020\n', 'latin1'), 22],
    ['UTF-16', Buffer.from('\ufeffbrand,model,year\n', 'utf16le'), 0],
    ['a cut character', Buffer.from('brand,model,year\na🚗').subarray(0, -1), 18],
    ['a surrogate', Buffer.from([0x61, 0xed, 0xa0, 0x80]), 1],
    ['a byte after many', Buffer.concat([Buffer.from('ä'.repeat(300_000)), Buffer.from([0xff])]), 600_000],
  ])('must be UTF-8, and the answer has the offset of the first other byte: %s', async (_, body, offset) => {
    const answer = await send(new Uint8Array(body));
    await expectProblem(answer, 'unsupported-media-type');
    expect(answer.body).toContain(`at offset ${offset} `);
  });

  it('have at most 1 MiB and 1,000 rows', async () => {
    const row = `${JSON.stringify(GOLF)}\n`;
    expect(batchOf(await send(row.repeat(1000), NDJSON))).toMatchObject({ created: 1000, rejected: [] });
    for (const answer of [
      await send(row.repeat(1001), NDJSON),
      await send('1'.padEnd(1024 * 1024 + 1), NDJSON),
      await send(`[${'1,'.repeat(2000)}1]`, { 'content-type': 'application/json' }),
      await send(`brand,model,year\n${'a,b,2000\n'.repeat(1001)}`),
    ])
      await expectProblem(answer, 'content-too-large');
    expect(batchOf(await send('1'.padEnd(1024 * 1024), NDJSON)).rejected).toHaveLength(1);
    // Other routes keep their limit.
    await expectProblem(await app().post('/cars', ' '.repeat(70_000)), 'content-too-large');
  });

  it.each([
    [
      'an NDJSON line of many members',
      `{${'"a":0,'.repeat(4000)}"b":0}\n{}`,
      NDJSON,
      'is longer than 16 KiB',
    ],
    ['a JSON object of many members', `[${manyMembers(51)},{}]`, JSON_TYPE, 'has more than 50 members'],
    ['a CSV row of commas', `brand,model,year\n${','.repeat(20_000)}`, CSV, 'is longer than 16 KiB'],
    ['a long CSV value', `brand,model,year\n"${'\n'.repeat(20_000)}",b,2`, CSV, 'is longer than 16 KiB'],
  ])('are rejected before they are parsed if they cost too much: %s', async (_, body, headers, detail) => {
    const [first] = batchOf(await send(body, headers)).rejected;
    expect(first?.problem.errors).toEqual([{ pointer: '', detail }]);
  });

  it.each([
    ['NDJSON', NDJSON, `{"${'/'.repeat(16_000)}":0}`],
    ['JSON', JSON_TYPE, `[{"${'/'.repeat(1_000_000)}":0}]`],
  ])('are rejected with at most 100 characters of a name in %s', async (_, headers, body) => {
    const answer = await send(body, headers);
    const pointers = batchOf(answer).rejected[0]?.problem.errors?.map(({ pointer }) => pointer);
    expect(pointers).toContain(`/${'~1'.repeat(100)}…`);
    expect(answer.body.length).toBeLessThan(1000);
  });

  it('are not read if the header has a long name, of which the answer has 100 characters', async () => {
    const answer = await send(`brand,model,year,${'x'.repeat(10_000)}\n`);
    expect(answer.body).toContain(`"${'x'.repeat(100)}…`.slice(1));
    expect(answer.body.length).toBeLessThan(1000);
  });

  it('may have any number of members with extra=ignore', async () => {
    const row = { ...GOLF, ...JSON.parse(manyMembers(51)) };
    const answer = await app().post('/cars/batch?extra=ignore', [row]);
    expect(batchOf(answer)).toMatchObject({ created: 1, rejected: [] });
  });

  it('cannot be read from a CSV whose header is longer than 16 KiB', async () => {
    for (const header of [','.repeat(20_000), `brand,model,year${','.repeat(20_000)}`]) {
      const answer = await send(`${header}\na,b,2000`, CSV, '?extra=ignore');
      await expectProblem(answer, 'invalid-batch');
      expect(answer.body).toContain('is longer than 16 KiB');
    }
  });

  it.each([
    ['blank lines of NDJSON', 'application/x-ndjson', '\n'.repeat(1_000_000)],
    ['blank lines of CSV', 'text/csv', `brand,model,year\n${'\n'.repeat(1_000_000)}`],
    ['blank lines before the header', 'text/csv', `${'\n'.repeat(1_000_000)}brand,model,year\n`],
    ['a row of commas', 'text/csv', `brand,model,year\n${','.repeat(1_000_000)}`],
  ] as const)('let other requests get their turn while %s are read', (_, type, body) => {
    const pauses = [...readRows(type, Buffer.from(body), false)].filter((row) => row === undefined);
    expect(pauses.length).toBeGreaterThan(400);
  });

  it('must have one of the three types, in UTF-8', async () => {
    const types = ['text/plain', 'application/ndjson', 'text/csv; charset=latin1', 'multipart/form-data'];
    for (const type of types) {
      const answer = await send('x', { 'content-type': type });
      await expectProblem(answer, 'unsupported-media-type');
      expect(answer.headers.get('accept-post')).toBe('application/json, application/x-ndjson, text/csv');
    }
    expect(
      (await send('brand,model,year', { 'content-type': 'TEXT/CSV; Charset="UTF-8"; header=present' }))
        .status,
    ).toBe(200);
    await expectProblem(await app().call('POST', '/cars/batch'), 'bad-request');
    const raw = rawHead('POST', '/cars/batch', ['Content-Length: 0']);
    expect((await sendRawAnswered(app(), raw)).status).toBe(400);
  });

  it('have no other options', async () => {
    for (const query of ['?atomic=1', '?dryRun=', '?extra=true', '?x=1', '?atomic=true&atomic=true'])
      await expectProblem(await send('[]', NDJSON, query), 'invalid-parameter', [
        { parameter: query.slice(1).replace(/=.*/, '') },
      ]);
  });

  it('are sent with POST only', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const answer = await app().call(method, '/cars/batch');
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'OPTIONS, POST']);
    }
  });
});
