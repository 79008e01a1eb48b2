/** The documents: their shell commands can be pasted, and their links lead somewhere. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The code of blocks marked `sh`, without the indentation of a list. */
function shellBlocks(text: string): string[] {
  return [...text.matchAll(/^( *)```sh\n(.*?)^ *```$/gms)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/```.*?```/gs, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Signs that a block was wrapped like prose: bash accepts most such blocks. */
const WRAPPED = [/ \\ \S/, /(?<!\\)\n *--\w/, / # .*(aws|infra|scripts)[/ ]\S*$/m];

/** What is wrong with a block. */
function faultsOf(block: string): string[] {
  const { stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
  const wrapped = WRAPPED.flatMap((sign) => sign.exec(block)?.[0] ?? []);
  return [...(stderr === '' ? [] : [stderr]), ...wrapped];
}

describe('shell commands', () => {
  it.each(DOCUMENTS)('of %s can be pasted', (path) => {
    expect(shellBlocks(read(path)).flatMap(faultsOf)).toEqual([]);
  });

  // The shell of a Mac, zsh, takes a comment for arguments. These pages ask for bash.
  const BASH = ['runbook', 'restore', 'lost-region'].map((page) => `docs/run/${page}.md`);

  it.each(DOCUMENTS.filter((path) => !BASH.includes(path)))('of %s have no comment behind them', (path) => {
    const text = read(path);
    const indented = text.replaceAll(/^ *```.*?^ *```$/gms, '').match(/^ {4}\S.*$/gm) ?? [];
    const lines = [...shellBlocks(text), ...indented].flatMap((code) => code.split('\n'));
    expect(lines.filter((line) => /^ *[^#\s].* #/.test(line))).toEqual([]);
  });

  it('are found', () => {
    expect(DOCUMENTS.flatMap((path) => shellBlocks(read(path))).length).toBeGreaterThan(100);
  });

  it.each([
    'aws ecs list-tasks \\ --query taskArns',
    'aws ecs list-tasks\n  --query taskArns',
    'SIZE=120 # GB aws rds\nmodify-db-instance',
    'echo "open',
  ])('that cannot be pasted are noticed: %j', (block) => {
    expect(faultsOf(block)).not.toEqual([]);
  });
});

it.each(DOCUMENTS)('links of %s lead to files and headings that exist', (path) => {
  const links = read(path)
    .replaceAll(/```.*?```/gs, '')
    .matchAll(/\]\((?![a-z]+:)([^)\s#]*)#?([^)\s]*)\)/g);
  const missing = Array.from(links, ([, file = '', anchor = '']) => {
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, target))) return target;
    const isThere = anchor === '' || !target.endsWith('.md') || anchorsOf(read(target)).has(anchor);
    return isThere ? undefined : `${target}#${anchor}`;
  });
  expect(missing.filter((link) => link !== undefined)).toEqual([]);
});
