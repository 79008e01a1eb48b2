/** Builds the image once, from a copy of the project with planted secrets that must not get into it. */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { docker, requireEngine } from './docker.ts';

export const PLANTED_SECRET = 'planted-secret-3f9c1e';

export async function setup({ provide }: TestProject): Promise<() => void> {
  requireEngine();
  const context = mkdtempSync(join(tmpdir(), 'cars-api-context-'));
  for (const part of [
    'package.json',
    'package-lock.json',
    'LICENSE',
    'Dockerfile',
    '.dockerignore',
    'tsconfig.json',
    'migrations',
    'page',
    'scripts/build-page.ts',
    'src',
  ]) {
    cpSync(part, join(context, part), { recursive: true });
  }
  for (const file of ['.env', 'data/cars.db', '.npmrc', 'compose/laptop-password', 'infra/key.pem']) {
    mkdirSync(join(context, file, '..'), { recursive: true });
    writeFileSync(join(context, file), PLANTED_SECRET);
  }
  const image = 'cars-api:test';
  const removeContext = () => rmSync(context, { recursive: true });
  await docker('build', '--no-cache', '-t', image, context).catch((error: unknown) => {
    removeContext();
    throw error;
  });
  provide('image', image);
  return removeContext;
}

declare module 'vitest' {
  export interface ProvidedContext {
    image: string;
  }
}
