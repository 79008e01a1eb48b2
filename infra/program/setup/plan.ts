/**
 * `plan`: shows what `setup` would change and what the environment costs. With `--pending` it
 * only checks whether something would change. Changes nothing.
 */

import { SHARED, stacksOf } from '../../platform/platform.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { synthesise } from './cdk.ts';
import { type Github, makeChoices } from './choices.ts';
import { costsOf, knownSum } from './cost.ts';
import { showDifference } from './difference.ts';
import { changeOf } from './stacks.ts';

export async function plan(context: Context, github: Github): Promise<void> {
  const { name, prefix, terminal } = context;
  await using synthesis = await synthesise(await makeChoices(context, github));
  await showDifference(context, [SHARED, ...stacksOf(prefix)], synthesis);
  const costs = await costsOf(context);
  terminal.print(`\nCost of ${name} per month in ${context.identity.region}, before any use:`);
  terminal.table([
    ['part', 'US dollars', 'calculation'],
    ...costs.map(({ part, usd, basis }) => [part, usd?.toFixed(2) ?? 'unknown', basis]),
    ['sum of the known costs', knownSum(costs).toFixed(2)],
  ]);
  terminal.result({ environment: name, costs });
}

/**
 * Needs only the permissions to read stacks and to list zones. Throws {@link Failure} `pending`
 * when `setup` would change an environment that exists.
 */
export async function checkPlan(context: Context): Promise<void> {
  const { aws, name, prefix, terminal } = context;
  await using synthesis = await synthesise(
    await makeChoices(context, { repository: undefined, subject: undefined }),
  );
  const rows: [stack: string, change: string][] = [];
  for (const stack of [SHARED, ...stacksOf(prefix)])
    rows.push([stack, await changeOf(aws.cloudFormation, stack, synthesis)]);
  terminal.table([['stack', 'change'], ...rows]);
  terminal.result({ environment: name, stacks: Object.fromEntries(rows) });
  if (rows.every(([, change]) => change === 'none')) return;
  // A pipeline may be set up before production is: then there is nothing that a release could miss.
  if (rows.every(([stack, change]) => stack === SHARED || change === 'create'))
    return terminal.print(`${name} does not exist yet`);
  throw new Failure('pending', `setup would change ${name}`, 'Run infra/aws-deploy.sh setup, then release.');
}
