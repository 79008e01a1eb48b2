/** `.env.example` documents every setting, and its examples and recipes are valid. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, it } from 'vitest';
import { parseConfig } from '../src/config/config.ts';
import { type Environment, VARIABLES } from '../src/config/reader.ts';
import { makeFile } from './process/temporary-folder.ts';

const text = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8');

/** A setting is `#NAME=value`, a line of a recipe `#   NAME=value`, any other text `# …`. */
const SETTING = /^#([A-Z_]+)=(.+)$/;

const RECIPE = /(?:^# {3}[A-Z_]+=.+\n)+/gm;

const settings = text.split('\n').flatMap((line) => {
  const [, variable, value] = SETTING.exec(line) ?? [];
  return variable === undefined || value === undefined ? [] : [{ variable, value, line }];
});

const PARTS = ['DATABASE_HOST', 'DATABASE_NAME', 'DATABASE_USER'];

/** Returns the other settings that a setting requires. */
function needs(variable: string): Environment {
  const parts = settings.filter((setting) => PARTS.includes(setting.variable));
  const aboutMysql = variable.startsWith('DATABASE_') && variable !== 'DATABASE_URL';
  const aboutTokens = {
    AUTH: 'jwt',
    JWT_ISSUER: 'https://login.example.com/',
    JWT_AUDIENCE: 'https://cars.example.com',
  };
  return {
    ...(variable.startsWith('JWT_') ? aboutTokens : {}),
    ...(aboutMysql ? Object.fromEntries(parts.map((part) => [part.variable, part.value])) : {}),
    ...(variable === 'DATABASE_TLS_CA_FILE' ? { DATABASE_TLS: 'verify' } : {}),
    ...(variable === 'DATABASE_APP_USER' ? { DATABASE_APP_PASSWORD: 'secret' } : {}),
    ...(variable === 'DATABASE_APP_PASSWORD' ? { DATABASE_APP_USER: 'cars_app' } : {}),
  };
}

it('documents every variable, and no other, in the order of VARIABLES', () => {
  expect(settings.map((setting) => setting.variable)).toEqual(VARIABLES);
});

it('contains only comments, so that a copy of it changes nothing', () => {
  expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  expect(parseEnv(text)).toEqual({});
});

it('explains each setting above it, with its default or that it has none', () => {
  for (const { line } of settings) {
    const above = text.slice(0, text.indexOf(`\n${line}\n`));
    const comment = above.slice(above.lastIndexOf('\n\n') + 2);
    expect(comment, line).toMatch(/^# [A-Z]/);
    expect(comment, line).toMatch(/Default: \S+|No default/);
  }
});

it.each(settings)('shows a valid value of $variable', ({ variable, line }) => {
  const uncommented = parseEnv(line.slice(1));
  const value = variable.endsWith('_FILE') ? makeFile('content') : uncommented[variable];
  expect(value).toBeTruthy();
  const env = { ...needs(variable), [variable]: value };
  expect(parseConfig(env)).not.toBe(undefined);

  // The value shown is the default, if there is one.
  const above = text.slice(0, text.indexOf(line));
  const byDefault = /Default: (\S+)\n$/.exec(above)?.[1];
  const isFileOrSecret = /_FILE$|PASSWORD/.test(variable);
  if (byDefault === undefined || isFileOrSecret) return;
  expect(value).toBe(byDefault);
  // As JSON, which omits secrets: each is a closure of its own, and none has a default.
  const byDefaultToo = parseConfig({ ...needs(variable), [variable]: undefined });
  expect(JSON.stringify(parseConfig(env))).toBe(JSON.stringify(byDefaultToo));
});

it.each([...text.matchAll(RECIPE)].map(([lines]) => lines.replaceAll(/^# {3}/gm, '')))(
  'has a recipe of valid settings: %j',
  (lines) => {
    expect(parseConfig(parseEnv(lines))).toMatchObject({ logLevel: 'info' });
  },
);
