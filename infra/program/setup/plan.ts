/** `plan`: shows what `setup` would change and what the environment costs. Changes nothing. */

import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';
import { showDifference, synthesise } from './cdk.ts';
import { costsOf, knownSum } from './cost.ts';
import { readLive } from './read-live.ts';
import { firstStacks, otherStacks } from './stacks.ts';

export async function plan(context: Context, githubRepository: string): Promise<void> {
  const { aws, environment, name, prefix, terminal } = context;
  await using synthesis = await synthesise(githubRepository, await readLive(aws));
  if ((await showDifference([...firstStacks(prefix), ...otherStacks(prefix)], synthesis)) !== 0) {
    throw new Failure('fault', 'cdk diff failed', 'See above. Nothing was changed.');
  }
  const costs = costsOf(environment);
  terminal.print(`\nCost of ${name} per month in us-east-1 (other regions differ), before any use:`);
  terminal.table([
    ['part', 'US dollars', 'calculation', 'price from'],
    ...costs.map(({ part, usd, basis, source }) => [part, usd?.toFixed(2) ?? 'unknown', basis, source]),
    ['sum of the known costs', knownSum(costs).toFixed(2)],
  ]);
  terminal.result({ environment: name, costs });
}
