/** Finds every policy statement in the templates, and AWS's reference of actions. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { specificationsFolder } from './cfn-lint.ts';
import type { Platform, Resource } from './synthesised.ts';

export interface Statement {
  /** The stack and logical id of its resource. */
  readonly of: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** With `?` for what only AWS knows; empty with `NotResource`. */
  readonly resources: readonly string[];
  /** The logical ids that its resources refer to. */
  readonly targets: readonly string[];
  /** Undefined in the policy of a role. */
  readonly principal: unknown;
  readonly conditions: object;
  /** `NotAction`, `NotResource`, `NotPrincipal`. */
  readonly negated: readonly string[];
}

/** Every `Statement` in any resource: policies, roles, buckets, topics, keys, logs. */
export function statementsOf({ resources }: Platform): Statement[] {
  return resources.flatMap((resource) =>
    find(resource.properties).map((each) => toStatement(resource, each)),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of every shape
function find(value: any): any[] {
  if (typeof value !== 'object' || value === null) return [];
  // CloudWatch Logs has its policies as JSON text.
  const text = textOf(value);
  if (text?.startsWith('{"Statement"')) return JSON.parse(text).Statement;
  const own = Array.isArray(value.Statement) ? value.Statement : [];
  return [...own, ...Object.entries(value).flatMap(([key, item]) => (key === 'Statement' ? [] : find(item)))];
}

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of every shape
function toStatement({ stack, id }: Resource, statement: any): Statement {
  return {
    of: `${stack} ${id}`,
    effect: statement.Effect,
    actions: [statement.Action ?? []].flat(),
    resources: [statement.Resource ?? []].flat().map((resource) => textOf(resource) ?? '?'),
    targets: [...JSON.stringify(statement.Resource ?? '').matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(
      ([, target = '']) => target,
    ),
    principal: statement.Principal,
    conditions: statement.Condition ?? {},
    negated: ['NotAction', 'NotResource', 'NotPrincipal'].filter((key) => key in statement),
  };
}

/** A text of a template, as far as it is known. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': joined } = (value ?? {}) as { 'Fn::Join'?: [string, unknown[]] };
  return joined?.[1].map((part) => (typeof part === 'string' ? part : '?')).join(joined[0]);
}

interface Reference {
  readonly [service: string]: {
    readonly Actions: Readonly<Record<string, { readonly Resources?: readonly string[] }>>;
    readonly Resources: Readonly<Record<string, { readonly ARNFormats: readonly string[] }>>;
  };
}

/**
 * AWS's service authorization reference, from cfn-lint: the ARN patterns that each action accepts.
 */
export function readReference(): (action: string) => readonly RegExp[] {
  const folder = specificationsFolder();
  const reference: Reference = JSON.parse(readFileSync(join(folder, 'Policies.json'), 'utf8'));
  return (action) => {
    const [service = '', name = ''] = action.split(':');
    const { Actions = {}, Resources = {} } = reference[service] ?? {};
    const known = Actions[name.toLowerCase()];
    if (known === undefined) throw new Error(`AWS knows no action ${action}`);
    // One list has `ScalableTarget`, the other `scalabletarget`.
    return (known.Resources ?? []).flatMap((type) =>
      (Resources[type.toLowerCase()]?.ARNFormats ?? []).map(toPattern),
    );
  };
}

/** @param format for example `arn:${Partition}:ecs:${Region}:${Account}:task/.*` */
function toPattern(format: string): RegExp {
  return new RegExp(`^${format.replaceAll(/\$\{\w+\}/g, '[^:]*')}$`);
}
