/**
 * `npm run page`: builds the page from `page/` into `dist/page`, which the service serves. `npm ci` runs it. With `--if-possible`,
 * it only prints a warning if the bundler is not installed.
 */

import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const source = join(import.meta.dirname, '../page');
const target = join(import.meta.dirname, '../dist/page');

const bundler = await import('rolldown').catch((error: NodeJS.ErrnoException) => {
  if (!process.argv.includes('--if-possible') || error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('The page at / was not built, because development dependencies are not installed.\n');
});
if (bundler !== undefined) await build(bundler.build);

async function build(bundle: typeof import('rolldown').build): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { output } = await bundle({
    input: join(source, 'main.tsx'),
    platform: 'browser',
    tsconfig: join(source, 'tsconfig.json'),
    output: {
      dir: target,
      minify: true,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js',
    },
  });
  const entry = output.find((file) => file.type === 'chunk' && file.isEntry);
  if (entry?.type !== 'chunk') throw new Error('the bundle has no entry');
  const assets: Record<string, string> = {
    'style.css': addHashed('style.css', readStyles()),
    'icon.svg': addHashed('icon.svg', readFileSync(join(source, 'icon.svg'), 'utf8')),
    'main.js': entry.fileName,
  };
  const page = readFileSync(join(source, 'index.html'), 'utf8');
  const preloads = entry.imports.map((name) => `<link rel="modulepreload" href="/page/${name}">\n`);
  writeFileSync(
    join(target, 'index.html'),
    page
      .replace(/(?<=\/page\/)[\w.-]+/g, (name) => assets[name] ?? name)
      .replace('</head>', () => `${preloads.join('')}</head>`),
  );
}

/** All style sheets in the order of their names, without comments and indentation. */
function readStyles(): string {
  const folder = join(source, 'styles');
  const sheets = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  return sheets
    .join('')
    .replace(/\/\*.*?\*\/\s*/gs, '')
    .replace(/\n\s*/g, '\n');
}

/** Writes a file whose name contains a hash of its content, and returns the name. */
function addHashed(name: string, content: string): string {
  const extension = extname(name);
  const hashed = `${name.slice(0, -extension.length)}-${hash('sha256', content, 'hex').slice(0, 8)}${extension}`;
  writeFileSync(join(target, hashed), content);
  return hashed;
}
