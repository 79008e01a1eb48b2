/** Shows how templates differ from what CloudFormation has, resource by resource, as `cdk diff` does. */

import type { Context } from '../core/context.ts';
import type { Synthesis } from './cdk.ts';
import { readTemplate } from './stacks.ts';

/** Prints to stderr, because stdout is for the result. */
export async function showDifference(
  { aws }: Context,
  stacks: readonly string[],
  synthesis: Synthesis,
): Promise<void> {
  if (stacks.length === 0) return;
  // Loaded only here, because it takes a second.
  const { formatDifferences, fullDiff } = await import('@aws-cdk/cloudformation-diff');
  for (const stack of stacks) {
    const difference = fullDiff(
      await readTemplate(aws.cloudFormation, stack),
      await synthesis.template(stack),
    );
    process.stderr.write(`\nStack ${stack}\n`);
    if (difference.isEmpty) process.stderr.write('No difference\n');
    else formatDifferences(process.stderr, difference);
  }
}
