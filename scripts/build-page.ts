/**
 * `npm run page`: builds the page from `page/` into `dist/page`, which the service serves. `npm ci` runs it, as the
 * script `prepare`: it then only prints a warning if the bundler is not installed.
 */

import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

const source = join(import.meta.dirname, '../page');
const target = join(import.meta.dirname, '../dist/page');

const bundler = await import('rolldown').catch((error: NodeJS.ErrnoException) => {
  if (process.env['npm_lifecycle_event'] !== 'prepare' || error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('The page at / was not built, because development dependencies are not installed.\n');
});
if (bundler !== undefined) await build(bundler.build);

async function build(bundle: typeof import('rolldown').build): Promise<void> {
  const { output } = await bundle({
    input: join(source, 'main.tsx'),
    platform: 'browser',
    tsconfig: join(source, 'tsconfig.json'),
    write: false,
    output: { minify: true, entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' },
  });
  const chunks = output.filter((file) => file.type === 'chunk');
  const entry = chunks.find(({ isEntry }) => isEntry);
  if (entry === undefined) throw new Error('the bundle has no entry');
  const style = hashed('style.css', readStyles());
  const icon = hashed('icon.svg', readFileSync(join(source, 'icon.svg'), 'utf8'));
  const names: Readonly<Record<string, string>> = {
    'style.css': style.name,
    'icon.svg': icon.name,
    'main.js': entry.fileName,
  };
  const preloads = entry.imports.map((name) => `<link rel="modulepreload" href="/page/${name}">\n`);
  const page = readFileSync(join(source, 'index.html'), 'utf8')
    .replace(/(?<=\/page\/)[\w.-]+/g, (name) => names[name] ?? name)
    .replace('</head>', () => `${preloads.join('')}</head>`);
  replaceFiles([
    ...chunks.map(({ fileName, code }) => ({ name: fileName, content: code })),
    style,
    icon,
    { name: 'index.html', content: page },
  ]);
}

interface BuiltFile {
  readonly name: string;
  readonly content: string;
}

/** A file of the same name is never missing or incomplete, because a service or another build may read it. */
function replaceFiles(files: readonly BuiltFile[]): void {
  mkdirSync(target, { recursive: true });
  for (const { name, content } of files) {
    const draft = join(dirname(target), `${name}.${process.pid}`);
    writeFileSync(draft, content);
    renameSync(draft, join(target, name));
  }
  for (const name of readdirSync(target))
    if (!files.some((file) => file.name === name)) rmSync(join(target, name), { force: true });
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

/** Puts a hash of its content into a file's name. */
function hashed(name: string, content: string): BuiltFile {
  const extension = extname(name);
  const digest = hash('sha256', content, 'hex').slice(0, 8);
  return { name: `${name.slice(0, -extension.length)}-${digest}${extension}`, content };
}
