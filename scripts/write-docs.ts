/**
 * Writes the generated parts of the documents: `npm run docs`. With `--check`, only reports those that are not current.
 *
 * - The tests that prove a claim: a document marks the place with `<!-- tests: NAME -->` at the end of a table's row, and
 *   each test has the comment `// Proves: NAME` above it, or below the first comment of its file when the whole file proves it.
 * - The results of the benchmark, from docs/understand/benchmarks.json.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DOCS, publish } from '../bench/published.ts';
import { findProofs, type Proof } from './docs/find-proofs.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['SECURITY.md', 'docs/run/reliability-figures.md'];
const PLACE = /(<!-- tests: ([\w-]+) -->).*?( \|)$/gm;

const proofs = findProofs(
  ROOT,
  ['test', 'infra/test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  ),
);
const problems: string[] = [];
const used = new Set<string>();

const pages = PAGES.map((page) => ({
  path: join(ROOT, page),
  content: readFileSync(join(ROOT, page), 'utf8').replaceAll(PLACE, (_, place, name, end) => {
    const found = proofs.filter((proof) => proof.names.includes(name));
    if (found.length === 0)
      problems.push(`${page} claims "${name}", but no test has the comment // Proves: ${name}`);
    used.add(name);
    return `${place} ${found.map(show).join('; ')}${end}`;
  }),
}));
for (const { file, names } of proofs)
  for (const name of names.filter((name) => !used.has(name)))
    problems.push(`${file} proves "${name}", which no document claims`);
const results = JSON.parse(readFileSync(join(DOCS, 'benchmarks.json'), 'utf8'));

for (const { path, content } of [...pages, ...publish(results)]) {
  if (!process.argv.includes('--check')) writeFileSync(path, content);
  else if (readFileSync(path, 'utf8') !== content)
    problems.push(`${relative(ROOT, path)} is not current: run npm run docs`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

function show({ file, title }: Proof): string {
  return title === undefined ? `\`${file}\`` : `\`${file}\` "${title}"`;
}
