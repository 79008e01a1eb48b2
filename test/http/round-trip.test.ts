/** A real file of 33,442 cars goes in through batches and comes out of the export as it was. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { BATCH_MAX_CARS } from '../../src/cars/car-batch.ts';
import { parseBody } from './answer.ts';
import { ENGINES, useApp } from './start-app.ts';

const FILE = new URL('../../bench/data/epa-cars.csv.gz', import.meta.url);
const [HEADER = '', ...LINES] = gunzipSync(readFileSync(FILE)).toString().trimEnd().split('\n');

describe.each(ENGINES)('an import and an export on $engine', ({ createDatabase }) => {
  const app = useApp(createDatabase);

  it('keep every byte of brand, model and year, and the order of the file', async () => {
    expect(LINES).toHaveLength(33_442);
    for (let at = 0; at < LINES.length; at += BATCH_MAX_CARS) {
      const body = [HEADER, ...LINES.slice(at, at + BATCH_MAX_CARS)].join('\n');
      const headers = { 'content-type': 'text/csv', 'idempotency-key': `epa ${at}` };
      const answer = await app().post('/cars/batch', body, headers);
      expect(parseBody(answer)).toMatchObject({ rejected: [] });
    }
    const exported = parse((await app().get('/cars.csv')).body, { columns: true }) as Record<
      string,
      string
    >[];
    const withoutIds = exported.map(({ id: _, ...car }) => car);
    expect(withoutIds).toEqual(parse([HEADER, ...LINES].join('\n'), { columns: true }));
  });
});
