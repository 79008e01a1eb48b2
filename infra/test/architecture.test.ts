/**
 * Who may import whom in infra: three rooms (platform, program, rehearsal) and the scripts that write
 * documents, no upward and no circular imports.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const INFRA = join(import.meta.dirname, '..');
const ROOMS = ['platform', 'program', 'rehearsal', 'scripts'];

interface Imports {
  /** Resolved when the file is loaded, types included. */
  readonly atLoad: readonly string[];
  /** `import('…')`, resolved when a command runs. */
  readonly later: readonly string[];
}

/** Each source file's imports of files of this repository, as paths relative to `infra`. */
const imports = new Map(
  ROOMS.flatMap((room) =>
    readdirSync(join(INFRA, room), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => [join(room, path), readImports(join(room, path))] as const),
  ),
);

function readImports(path: string): Imports {
  const text = readFileSync(join(INFRA, path), 'utf8');
  const find = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, file = '']) => relative(INFRA, join(INFRA, dirname(path), file)));
  return {
    atLoad: find(/^(?:import|export|\}).*?\bfrom ['"](\.[^'"]+)['"]/gm),
    later: find(/\bimport\(\s*['"](\.[^'"]+)['"]/g),
  };
}

/** The declarations that everything may read. */
const DATA = ['connections', 'contract', 'environments', 'timing'].map((name) => `platform/${name}.ts`);

/** `generateKey` of the service: a pure file, so that a key has one format. */
const API_KEY = '../src/callers/api-key.ts';

/** Each folder, the smallest number of files it has, and the files and folders it may import. */
const LAYERS: Readonly<Record<string, { readonly min: number; readonly may: readonly string[] }>> = {
  'platform/constructs': { min: 12, may: [...DATA, 'platform/constructs'] },
  // No stack imports another: platform.ts hands them what they need.
  'platform/stacks': { min: 4, may: [...DATA, 'platform/constructs'] },
  platform: { min: 6, may: ['platform'] },
  'program/core': { min: 4, may: ['platform/environments.ts', 'program/core'] },
  'program/release': { min: 20, may: [...DATA, API_KEY, 'program/core', 'program/release'] },
  'program/image': { min: 4, may: [...DATA, 'program/core', 'program/image'] },
  'program/setup': { min: 10, may: ['platform', 'program/core', 'program/release', 'program/setup'] },
  'program/cli': { min: 3, may: ['platform', 'program'] },
  'rehearsal/ecs': { min: 14, may: [...DATA, 'rehearsal/ecs'] },
  rehearsal: { min: 12, may: ['platform', 'program', 'rehearsal', '../tools'] },
  scripts: { min: 2, may: ['platform', 'program', 'scripts', 'test'] },
};

/** Names on the machine that runs the program, and examples. */
const LOCAL_NAMES = [/'cars-api-\w+-'$/, /BUILDER|buildx/, /rehearse cars-api:a/, /cars-api-rehearsal-\$/];

const layerOf = (path: string) =>
  Object.keys(LAYERS).find((folder) => dirname(path) === folder || path.startsWith(`${folder}/`)) ?? '';

describe.each(Object.entries(LAYERS))('%s', (folder, { min, may }) => {
  const files = [...imports].filter(([path]) => layerOf(path) === folder);

  it('has the files that this test is about', () => {
    expect(files.length).toBeGreaterThanOrEqual(min);
  });

  it.each(files)('%s imports only what its folder may', (_, { atLoad }) => {
    const isAllowed = (file: string) => may.some((each) => file === each || file.startsWith(`${each}/`));
    expect(atLoad.filter((file) => !isAllowed(file))).toEqual([]);
  });
});

it('loads the rehearsal from one command only, and only when that command runs', () => {
  const later = [...imports].flatMap(([path, file]) => file.later.map((target) => [path, target]));
  expect(later).toEqual([['program/cli/commands.ts', 'rehearsal/rehearse.ts']]);
});

it('keeps data free of imports, except of data', () => {
  for (const path of DATA) {
    const { atLoad = [], later } = imports.get(path) ?? {};
    expect(
      atLoad.filter((file) => !DATA.includes(file)),
      path,
    ).toEqual([]);
    expect(later, path).toEqual([]);
  }
});

// An account can have a second copy under another name.
it('has the name of everything on AWS in one place', () => {
  const named = [...imports.keys()].flatMap((path) => {
    const code = readFileSync(join(INFRA, path), 'utf8').replaceAll(/^\s*(\/?\*|\/\/).*$/gm, '');
    const literals = code.match(/(['"`])[^'"`\n]*\bcars-api\b(?!\.)[^'"`\n]*\1/g);
    return (literals ?? []).map((literal) => `${path}: ${literal}`);
  });
  expect(named.filter((each) => !LOCAL_NAMES.some((local) => local.test(each)))).toEqual([
    "platform/environments.ts: 'cars-api'",
  ]);
});

it('has no circular imports', () => {
  const finished = new Set<string>();
  const circles: string[][] = [];
  let followed = 0;
  function visit(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path);
    if (start !== -1) circles.push([...trail.slice(start), path]);
    if (start !== -1 || finished.has(path)) return;
    for (const next of imports.get(path)?.atLoad ?? []) {
      followed += 1;
      visit(next, [...trail, path]);
    }
    finished.add(path);
  }
  for (const path of imports.keys()) visit(path, []);
  expect(circles).toEqual([]);
  // If the search had followed nothing, it would have found nothing.
  expect(followed).toBeGreaterThan(250);
});
