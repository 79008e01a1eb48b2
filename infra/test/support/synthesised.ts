/**
 * The platform's templates as CloudFormation gets them, read from what global-setup.ts has
 * synthesised.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { VariantName } from './variants.ts';

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each resource type has a shape of its own
  readonly properties: any;
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
}

export interface Platform {
  /** By stack. */
  readonly templates: ReadonlyMap<string, object>;
  readonly resources: readonly Resource[];
  /** The resources of a type, in stacks whose name begins with the prefix. */
  of(type: string, stackPrefix?: string): Resource[];
}

const SUFFIX = '.template.json';

export function readVariant(variant: VariantName): Platform {
  const folder = join(inject('assemblies'), variant);
  const templates = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => [file.slice(0, -SUFFIX.length), JSON.parse(readFileSync(join(folder, file), 'utf8'))]),
  );
  const resources = [...templates].flatMap(([stack, template]) =>
    Object.entries<Record<string, unknown>>(template.Resources).map(
      ([id, resource]): Resource => ({
        stack,
        id,
        type: String(resource['Type']),
        properties: resource['Properties'] ?? {},
        deletionPolicy: resource['DeletionPolicy'] as string | undefined,
        updateReplacePolicy: resource['UpdateReplacePolicy'] as string | undefined,
      }),
    ),
  );
  return {
    templates,
    resources,
    of: (type, stackPrefix = '') =>
      resources.filter((resource) => resource.type === type && resource.stack.startsWith(stackPrefix)),
  };
}
