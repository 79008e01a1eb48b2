/** Renders the files in docs/ that show the results of the benchmark. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlottedResults, renderPlot } from './plot-svg.ts';
import { renderTables } from './report.ts';

export type PublishedResults = PlottedResults;

export const DOCS = join(import.meta.dirname, '../docs/understand');

const TABLE = /(<!-- results: npm run bench:publish writes this table -->\n).*(<!-- end of results -->)/s;

export interface PublishedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Returns the JSON, the chart, and the page with its table. Throws when the page lacks the markers.
 */
export function publish(results: PublishedResults): PublishedFile[] {
  const page = join(DOCS, 'benchmarks.md');
  const text = readFileSync(page, 'utf8');
  if (!TABLE.test(text)) throw new Error(`${page} lacks the comments that mark its table`);
  return [
    { path: join(DOCS, 'benchmarks.json'), content: `${JSON.stringify(results, null, 2)}\n` },
    { path: join(DOCS, 'benchmarks.svg'), content: renderPlot(results) },
    { path: page, content: text.replace(TABLE, `$1${renderTables(results.summary)}$2`) },
  ];
}
