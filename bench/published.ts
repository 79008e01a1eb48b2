/** Renders the files in docs/ that show the results of the benchmark. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderOverview } from './overview.ts';
import { renderPlot } from './plot-svg.ts';
import { type Results, renderTables } from './report.ts';

export const DOCS = join(import.meta.dirname, '../docs/understand');

const OVERVIEW = /(<!-- overview: npm run bench:publish writes this part -->\n).*(<!-- end of overview -->)/s;
const TABLE = /(<!-- results: npm run bench:publish writes this table -->\n).*(<!-- end of results -->)/s;

export interface PublishedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Returns the JSON, the chart, and the page with its tables. Throws when the page lacks the markers.
 */
export function publish(results: Results): PublishedFile[] {
  const page = join(DOCS, 'benchmarks.md');
  const text = readFileSync(page, 'utf8');
  if (![OVERVIEW, TABLE].every((part) => part.test(text)))
    throw new Error(`${page} lacks the comments that mark its tables`);
  return [
    { path: join(DOCS, 'benchmarks.json'), content: `${JSON.stringify(results, null, 2)}\n` },
    { path: join(DOCS, 'benchmarks.svg'), content: renderPlot(results) },
    {
      path: page,
      content: text
        .replace(OVERVIEW, `$1${renderOverview(results)}$2`)
        .replace(TABLE, `$1${renderTables(results.summary)}$2`),
    },
  ];
}
