/** The definitions of a template, with stand-ins for what AWS would assign. */

import { definitionName } from '../../platform/contract.ts';
import { type EnvironmentName, prefixOf } from '../../platform/environments.ts';
import { readPlatform, type Template } from '../../rehearsal/ecs/local-platform.ts';
import type { Platform } from './synthesised.ts';

export function definitionOf(
  { templates }: Platform,
  name: EnvironmentName,
  kind: Parameters<typeof definitionName>[1],
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own
): any {
  const prefix = prefixOf(name);
  const { parameters } = readPlatform(templates.get(`${prefix}-service`) as Template, 0);
  return JSON.parse(parameters.get(definitionName(prefix, kind)) ?? '');
}
