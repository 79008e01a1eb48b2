/**
 * Writes the generated parts of the documents: `npm --prefix infra run docs`. With `-- --check` it
 * changes nothing and fails when a part is outdated, or when a source file links a section that
 * does not exist.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, EXIT_MEANINGS } from '../program/core/exit-codes.ts';
import { OUTCOMES } from '../test/program/outcomes.ts';

const ROOT = join(import.meta.dirname, '../..');
const isCheck = process.argv.includes('--check');
const problems: string[] = [];

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Replaces the one place in a file that the pattern finds; its first group is kept. */
function write(path: string, pattern: RegExp, generated: string): void {
  const text = read(path);
  if (!pattern.test(text)) return void problems.push(`${path} has no place for ${pattern}`);
  const current = text.replace(pattern, (_, before: string) => before + generated);
  if (current === text) return;
  if (isCheck) problems.push(`${path} is outdated: npm --prefix infra run docs`);
  else writeFileSync(join(ROOT, path), current);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `\n${lines.join('\n')}\n\n`;
}

type Row = (typeof OUTCOMES)[keyof typeof OUTCOMES];

const BEFORE = 'The program did not change the service';
const CONTINUES = 'The program stopped waiting, and the release continues';

/** The title of the table that lists the outcomes with this exit code. */
const TITLES: Readonly<Record<Row['exit'], string>> = {
  done: 'The release is live',
  rolledBack: 'The release is not live',
  timedOut: CONTINUES,
  expiredCredentials: CONTINUES,
  migrationFailed: BEFORE,
  refused: BEFORE,
  locked: BEFORE,
  taskFailed: 'A task of `run` failed',
};

/** One row for all outcomes that look the same to the reader. */
function outcomesTable(outcomes: readonly [string, Row][]): string {
  const alike = Map.groupBy(outcomes, ([, { prints, exit, next }]) => `${prints} | ${EXIT[exit]} | ${next}`);
  return table(
    ['outcome', 'first line printed', 'exit code', 'what to do'],
    [...alike].map(([cells, same]) => [same.map(([outcome]) => outcome).join(';<br>'), cells]),
  );
}

const groups = Map.groupBy(Object.entries<Row>(OUTCOMES), ([, { exit }]) => TITLES[exit]);
write(
  'docs/deploy/releasing.md',
  /(<!-- outcomes -->\n)[\s\S]*?(?=<!-- \/outcomes -->)/,
  `\n${[...groups].map(([title, outcomes]) => `**${title}.**\n${outcomesTable(outcomes)}`).join('')}`,
);
write(
  'docs/deploy/aws.md',
  /(<!-- exit codes -->\n)[\s\S]*?(?=<!-- \/exit codes -->)/,
  table(
    ['code', 'meaning'],
    (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [EXIT[name], EXIT_MEANINGS[name]]),
  ),
);
const sources = execFileSync('git', ['ls-files', 'infra/*.ts', 'infra/*.sh', ':!infra/test'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const links = sources
  .trim()
  .split('\n')
  .flatMap((path) => [...read(path).matchAll(/docs\/[\w/-]+\.md(?:#[\w-]+)?/g)].map(([link]) => link));
for (const link of new Set(links)) {
  const [page = '', section] = link.split('#');
  const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  if (section !== undefined && !headings.includes(section)) problems.push(`${link} does not exist`);
}

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
