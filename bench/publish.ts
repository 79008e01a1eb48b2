/**
 * `npm run bench:publish`: writes the last results to docs/understand/benchmarks.json,
 * benchmarks.svg and benchmarks.md.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from './published.ts';
import type { Results } from './report.ts';

const latest = readFileSync(join(import.meta.dirname, 'results/latest.json'), 'utf8');
const { machine, summary } = JSON.parse(latest) as Results;
for (const { path, content } of publish({ machine, summary })) writeFileSync(path, content);
