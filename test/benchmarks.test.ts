/** The documents show the benchmark's results as they were measured. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCS, publish } from '../bench/published.ts';

const results = JSON.parse(readFileSync(join(DOCS, 'benchmarks.json'), 'utf8'));

describe('docs/', () => {
  it.each(publish(results).map(({ path, content }) => [path.replace(`${DOCS}/`, ''), content] as const))(
    'has %s as the results give it',
    (file, content) => {
      expect(readFileSync(join(DOCS, file), 'utf8')).toBe(content);
    },
  );

  it('shows every server and workload in the picture', () => {
    const picture = readFileSync(join(DOCS, 'benchmarks.svg'), 'utf8');
    for (const name of [
      'one id',
      'first page',
      'filtered page',
      'create',
      'update',
      'delete and create',
      'mixed',
    ])
      expect(picture).toContain(`>${name}<`);
    for (const name of ['cars-api', 'Fastify', 'Express', 'Hono', 'Flask']) expect(picture).toContain(name);
  });
});
