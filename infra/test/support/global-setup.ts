/**
 * Once per run: synthesises every variant of the platform, judged by its rules, and owns all
 * temporary files.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { TestProject } from 'vitest/node';
import { chosen, type EnvironmentName } from '../../platform/environments.ts';
import { addPlatform } from '../../platform/platform.ts';
import { applyRules } from '../../platform/rules.ts';
import { SUBJECT, VARIANTS, type Variant } from './variants.ts';

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
function synthesise(environments: Variant, outdir: string): void {
  const app = new App({ context, outdir, analyticsReporting: false });
  const zones = (name: EnvironmentName) =>
    ['a', 'b', 'c'].slice(0, chosen(environments[name].network.zones)).map((zone) => `eu-central-1${zone}`);
  addPlatform(app, { githubSubject: SUBJECT, zones, environments });
  applyRules(app);
  app.synth();
}
