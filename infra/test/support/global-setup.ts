/**
 * Once per run: synthesises every variant of the platform, judged by its rules, and owns all
 * temporary files.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { TestProject } from 'vitest/node';
import { NOTHING_LIVE } from '../../platform/live.ts';
import { addPlatform } from '../../platform/platform.ts';
import { applyRules } from '../../platform/rules.ts';
import { VARIANTS, type Variant } from './variants.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with one cloud assembly for each variant. */
    assemblies: string;
  }
}

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));

let folder: string;

export function setup(project: TestProject): void {
  folder = mkdtempSync(join(tmpdir(), 'cars-api-infra-'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const assemblies = join(folder, 'assemblies');
  for (const [name, variant] of Object.entries(VARIANTS)) synthesise(variant, join(assemblies, name));
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

/** Throws when CDK's validation or cdk-nag finds anything. */
function synthesise({ environments, live }: Variant, outdir: string): void {
  const app = new App({ context, outdir, analyticsReporting: false });
  addPlatform(app, {
    githubRepository: 'example/cars-api',
    live: (name) => live[name] ?? NOTHING_LIVE,
    environments,
  });
  applyRules(app);
  app.synth();
}
