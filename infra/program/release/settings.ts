/** What a release changes besides the image: the settings that `setup` has written since the last one. */

import type { Context } from '../core/context.ts';
import { readServiceDefinition, readTaskSettings } from './definitions.ts';
import { readScaling } from './scaling.ts';
import { findActiveService } from './service.ts';
import { readTaskDefinition } from './task-definitions.ts';

/** What each release sets itself, and what ECS does not return. */
const OTHERS = ['image', 'dockerLabels', 'tags'];

/** As `memory: 1024 → 2048`; empty before the first release. */
export async function changedSettings(context: Context): Promise<string[]> {
  const { aws, prefix } = context;
  const service = await findActiveService(aws, prefix);
  if (service?.taskDefinition === undefined) return [];
  const { tasks } = await readServiceDefinition(context);
  const scaling = await readScaling(context);
  return differences(
    {
      ...(await readTaskDefinition(context, service.taskDefinition)),
      tasks: { min: scaling?.MinCapacity, max: scaling?.MaxCapacity },
    },
    { ...(await readTaskSettings(context, 'serve')), tasks },
  );
}

/** ECS adds defaults, so of what only `before` has, variables and secrets alone count. */
export function differences(before: object, after: object): string[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  const removed = [...old.keys()].filter((path) => /^(environment|secrets)\./.test(path) && !now.has(path));
  return [...now.keys(), ...removed]
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => `${path}: ${old.get(path) ?? 'none'} → ${now.get(path) ?? 'none'}`);
}

/** Every text, number and truth value in a document, by its path: `environment.LOG_LEVEL`. */
function leavesOf(value: unknown, path: readonly string[] = []): Map<string, string> {
  if (typeof value !== 'object' || value === null) {
    const name = path.join('.').replace(/^containerDefinitions\.\w+\./, '');
    return new Map(value === undefined ? [] : [[name.replace(/\.value(From)?$/, ''), String(value)]]);
  }
  if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each !== 'object'))
    return leavesOf(value.join(' '), path);
  const members = Array.isArray(value)
    ? value.map(({ name, ...each }, index): [string, unknown] => [name ?? String(index), each])
    : Object.entries(value).filter(([name]) => !OTHERS.includes(name));
  return new Map(members.flatMap(([name, each]) => [...leavesOf(each, [...path, name])]));
}
