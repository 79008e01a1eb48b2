/**
 * Once per run: synthesises every variant of the platform, and owns all temporary files.
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesiseVariant } from './synthesise-variant.ts';
import { VARIANTS, type VariantName } from './variants.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with one cloud assembly for each variant. */
    assemblies: string;
  }
}

let folder: string;

export function setup(project: TestProject): void {
  folder = mkdtempSync(join(tmpdir(), 'cars-api-infra-'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const assemblies = join(folder, 'assemblies');
  // rules.test.ts validates the variants, which takes five times as long as the rest.
  process.env['CDK_VALIDATION'] = 'false';
  for (const name of Object.keys(VARIANTS) as VariantName[]) synthesiseVariant(name, join(assemblies, name));
  project.provide('assemblies', assemblies);

  // Tests and the programs that they start write their temporary files here.
  process.env['TMPDIR'] = temporary;
}

/** Fails the run when a test has left a temporary file behind. */
export function teardown(): void {
  const left = readdirSync(join(folder, 'tmp'));
  rmSync(folder, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`tests left temporary files behind: ${left.join(', ')}`);
}
