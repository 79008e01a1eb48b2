/** What generators of clients need of the OpenAPI document. `npm run test:clients` runs them. */

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Schema {
  readonly type?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
const { schemas } = document.components;
const parts = [...objectsIn(document)];

function* objectsIn(value: unknown): Generator<Schema> {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const member of Object.values(value)) yield* objectsIn(member);
}

it('has only patterns that stay regular expressions when a generator unescapes \\u', () => {
  const patterns = new Set(parts.map(({ pattern }) => pattern).filter((pattern) => pattern !== undefined));
  expect(patterns.size).toBeGreaterThan(2);
  for (const pattern of patterns) {
    const unescaped = pattern.replace(/\\u([0-9a-f]{4})/gi, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(unescaped).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/);
  }
});

/** Every character below U+10000 but the surrogates. */
const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
  (character) => character.isWellFormed(),
);

it.each(['', 'u'])(
  'has a pattern for texts that rejects control characters everywhere (flags "%s")',
  (flags) => {
    const pattern = new RegExp(schemas.CarInput.properties.brand.pattern, flags);
    const wrong = characters.filter((character) => {
      const isControl = /\p{Cc}/u.test(character);
      const texts = [`${character}a`, `a${character}`, `a${character}b`, ` ${character}a`, `${character} a`];
      return texts.some((text) => pattern.test(text) === isControl);
    });
    expect(wrong).toEqual([]);
  },
);

it('has a pattern for texts that rejects blanks', () => {
  const pattern = new RegExp(schemas.CarInput.properties.brand.pattern, 'u');
  const blanks = characters.filter((character) => !/\p{Cc}/u.test(character) && !pattern.test(character));
  expect(blanks).toEqual(
    characters.filter((character) => !/\p{Cc}/u.test(character) && character.trim() === ''),
  );
});

it('has a pattern for texts that takes linear time', () => {
  const pattern = new RegExp(schemas.CarInput.properties.brand.pattern, 'u');
  for (const part of [' ', '\ufeff', ' \ufeff', 'a', 'a ', ' a']) {
    const begun = performance.now();
    expect(pattern.test(`${part.repeat(1_000_000)}\n`)).toBe(false);
    // Quadratic time would be hours.
    expect(performance.now() - begun).toBeLessThan(5000);
  }
});

it('gives integers that need more than 32 bits the format int64', () => {
  const long = parts.filter(({ maximum = 0 }) => maximum >= 2 ** 31);
  expect(long.length).toBeGreaterThan(0);
  for (const schema of [...long, schemas.CarChange.properties.version]) expect(schema.format).toBe('int64');
});

it('shows an example of every request body and of every parameter of a path', () => {
  const operations = Object.values<Record<string, object>>(document.paths).flatMap((path) =>
    Object.values(path),
  );
  const bodies = operations.flatMap((operation) =>
    'requestBody' in operation ? Object.entries(Object(operation.requestBody).content) : [],
  );
  const parameters = operations
    .flatMap((operation) => ('parameters' in operation ? Object(operation.parameters) : []))
    .filter((parameter) => parameter.in === 'path');
  expect(bodies.length).toBeGreaterThan(2);
  expect(parameters.length).toBeGreaterThan(2);
  for (const [, media] of bodies) expect(media).toMatchObject({ example: expect.anything() });
  for (const parameter of parameters) expect(parameter.example).toBe(1);
});
