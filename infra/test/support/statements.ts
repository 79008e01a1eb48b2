/** Every statement of every policy of the platform, wherever it stands in a template; and what AWS says of its actions. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { specificationsFolder } from './cfn-lint.ts';
import type { Platform, Resource } from './synthesised.ts';

export interface Statement {
  /** Stack and logical id of the resource that has it. */
  readonly of: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** With what only AWS knows as `?`; empty where the policy says `NotResource`. */
  readonly resources: readonly string[];
  /** Logical ids of the template that its resources are made of. */
  readonly targets: readonly string[];
  /** Whom it is about; undefined in a policy of a role, which is about the role. */
  readonly principal: unknown;
  readonly conditions: object;
  /** `NotAction`, `NotResource`, `NotPrincipal`. */
  readonly negated: readonly string[];
}

/** Of policies of their own, inside of roles, of buckets, topics, keys and logs: whatever has a `Statement`. */
export function statementsOf({ resources }: Platform): Statement[] {
  return resources.flatMap((resource) =>
    find(resource.properties).map((each) => toStatement(resource, each)),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of every shape
function find(value: any): any[] {
  if (typeof value !== 'object' || value === null) return [];
  // CloudWatch Logs has its policies as text.
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

/** What is known of a text of a template. */
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

/** AWS's service authorization reference, as cfn-lint brings it: for each action the ARNs that it may be narrowed to. */
export function readReference(): (action: string) => readonly RegExp[] {
  const folder = specificationsFolder();
  const reference: Reference = JSON.parse(readFileSync(join(folder, 'Policies.json'), 'utf8'));
  return (action) => {
    const [service = '', name = ''] = action.split(':');
    const { Actions = {}, Resources = {} } = reference[service] ?? {};
    const known = Actions[name.toLowerCase()];
    if (known === undefined) throw new Error(`AWS knows no action ${action}`);
    // The one list writes `ScalableTarget`, the other `scalabletarget`.
    return (known.Resources ?? []).flatMap((type) =>
      (Resources[type.toLowerCase()]?.ARNFormats ?? []).map(toPattern),
    );
  };
}

/** Of `arn:${Partition}:ecs:${Region}:${Account}:task/.*`. */
function toPattern(format: string): RegExp {
  return new RegExp(`^${format.replaceAll(/\$\{\w+\}/g, '[^:]*')}$`);
}
