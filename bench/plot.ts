/** `npm run bench:plot`: publishes the last results of the benchmark as docs/benchmarks.json and a picture of them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PublishedResults, renderPlot } from './plot-svg.ts';

const docs = join(import.meta.dirname, '../docs');
const latest = readFileSync(join(import.meta.dirname, 'results/latest.json'), 'utf8');
const { machine, summary } = JSON.parse(latest) as PublishedResults;
writeFileSync(join(docs, 'benchmarks.json'), `${JSON.stringify({ machine, summary }, null, 1)}\n`);
writeFileSync(join(docs, 'benchmarks.svg'), renderPlot({ machine, summary }));
