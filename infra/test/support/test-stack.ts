/** An empty stack to try a construct in, whose files are removed after the test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

/** @returns the properties of the resources of a type that `build` adds to the stack. */
// biome-ignore lint/suspicious/noExplicitAny: each resource type has a shape of its own
export function resourcesOf(type: string, build: (stack: Stack) => void): any[] {
  const outdir = mkdtempSync(join(tmpdir(), 'cars-api-stack-'));
  try {
    const stack = new Stack(new App({ outdir }), 'test');
    build(stack);
    return Object.values(Template.fromStack(stack).findResources(type)).map(({ Properties }) => Properties);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
